#!/bin/bash
# compare.sh [lbench flags...]
# Runs our daemon and its peers alternately and prints medians and the ratios
# of each round to the best peer.
#   ./compare.sh
#   ./compare.sh -scenarios S1,S4@300000 -rounds 5 -seed 42 -json results.jsonl
# PEERS="rsyslog rsyslog-ordered" chooses among the scripts in peers/.
# OURS=path names another start script than ours.sh.
set -eu
here=$(dirname "$(readlink -f "$0")")
(cd "$here" && go build -o lbench ./cmd/lbench)
if [ -z "${OURS:-}" ]; then
  make -s -C "$here/.." build
fi
targets=("ours=${OURS:-$here/ours.sh}")
for peer in ${PEERS:-rsyslog rsyslog-default syslog-ng}; do targets+=("$peer=$here/peers/$peer.sh"); done
exec "$here/lbench" -ours ours "$@" "${targets[@]}"

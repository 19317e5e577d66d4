#!/bin/bash
# Starts loggia in the foreground, configured from the BENCH_* environment: a
# batch of set lines is committed into a fresh state directory, then the
# daemon runs on it. LOGGIA names another binary than ../bin/loggia.
set -eu

here=$(dirname "$(readlink -f "$0")")
loggia=${LOGGIA:-$here/../bin/loggia}
state=$BENCH_WORK/state

# file NAME LINE... prints the statements of a log file. Archives hold a
# gigabyte, so that only the rotation scenario rotates. What loggia itself
# records does not belong to the messages, nor into a collector's file of them.
file() {
  local name=$1 size=1g archives=10
  shift
  if [ "$BENCH_RULES" = rot ]; then size=$BENCH_ROTATE_SIZE archives=$BENCH_ROTATE_FILES; fi
  echo "set system syslog file $name allow-duplicates"
  echo "set system syslog file $name exclude-own-records"
  if [ "$BENCH_RULES" = rot ]; then echo "set system syslog file $name archive binary-data"; fi
  echo "set system syslog file $name archive size $size files $archives"
  for line in "$@"; do echo "set system syslog file $name $line"; done
}

# listen PROTOCOL ADDR:PORT
listen() {
  echo "set system services syslog $1 address ${2%:*}"
  echo "set system services syslog $1 port ${2##*:}"
}

statements() {
  echo 'delete system syslog'
  case $BENCH_RULES in
    all | rot) file all.log 'any any' ;;
    match) file all.log 'any any' "match \"$BENCH_MATCH\"" ;;
    five)
      file auth.log 'authorization any'
      file kern.log 'kernel any'
      file daemon.log 'daemon info'
      locals=()
      for n in 0 1 2 3 4 5 6 7; do locals+=("local$n notice"); done
      file local.log "${locals[@]}"
      file errors.log 'any error'
      ;;
  esac
  if [ -n "${BENCH_TCP:-}" ]; then listen tcp "$BENCH_TCP"; fi
  if [ -n "${BENCH_OCTET:-}" ]; then listen tcp "$BENCH_OCTET"; fi
  if [ -n "${BENCH_UDP:-}" ]; then listen udp "$BENCH_UDP"; fi
  if [ -n "${BENCH_TLS:-}" ]; then
    listen tls "$BENCH_TLS"
    printf "set system services syslog tls %s\n" "local-certificate bench" "client-certificate none"
  fi
  if [ -n "${BENCH_UNIX:-}" ]; then echo "set system services syslog unix $BENCH_UNIX"; fi
  if [ -n "${BENCH_FORWARD:-}" ]; then
    to="set system syslog host ${BENCH_FORWARD%:*}"
    printf '%s\n' "$to any any" "$to port ${BENCH_FORWARD##*:}" "$to transport tcp" "$to structured-data" "$to allow-duplicates" "$to exclude-own-records"
    if [ -n "${BENCH_DISKQUEUE:-}" ]; then echo "$to spool size 2g"; fi
  fi
}

# A second start in the same place finds its configuration there.
if [ ! -e "$state/config/active" ]; then
  mkdir -p "$state"
  ln -s "$BENCH_OUT" "$state/log"
  ln -s "$BENCH_SPOOL" "$state/spool"
  if [ -n "${BENCH_TLS:-}" ]; then
    "$loggia" --state "$state" -c "request security pki local-certificate load certificate-id bench filename $BENCH_CERT key $BENCH_KEY"
  fi
  { echo configure; statements; echo 'commit and-quit'; } > "$BENCH_WORK/setup"
  "$loggia" --state "$state" -f "$BENCH_WORK/setup"
fi
exec "$loggia" --state "$state" daemon

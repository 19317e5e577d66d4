#!/bin/bash
# Times `show log … | match … | count` against grep and zgrep, alternately, on a
# plain log of a gigabyte and on ten archives of a tenth of it each, and prints
# medians and their ratios: of the time that passes, and of processor time. The
# client attaches to a daemon, whose processor time counts as well.
#
#   usage: examine.sh DIR [ROUNDS]     DIR is made and kept; the log is made once
#
# LOGGIA names another binary than ../bin/loggia, SIZE another size in bytes.
# grep is case-sensitive, in the C locale, with its output to a pipe (to
# /dev/null it stops at the first hit); our match ignores case.
set -eu -o pipefail

dir=${1:?usage: examine.sh DIR [ROUNDS]} rounds=${2:-5} size=${SIZE:-1000000000}
here=$(dirname "$(readlink -f "$0")")
loggia=${LOGGIA:-$here/../bin/loggia}
state=$dir/state logs=$dir/state/log
export LC_ALL=C

mkdir -p "$logs"
if [ ! -s "$logs/packed.0.gz" ]; then
  (cd "$here" && go build -o "$dir/lbench" ./cmd/lbench)
  "$dir/lbench" genlog "$size" > "$logs/plain"
  for n in 9 8 7 6 5 4 3 2 1 0; do # the highest number is the oldest
    head -c $(((10 - n) * size / 10)) "$logs/plain" | tail -c $((size / 10)) | gzip > "$logs/packed.$n.gz"
  done
fi
cat "$logs"/* > /dev/null

"$loggia" daemon --state "$state" > "$dir/daemon.out" 2>&1 &
daemon=$!
trap 'kill $daemon; wait $daemon || true' EXIT
for _ in $(seq 100); do [ -S "$state/run/loggia.sock" ] && break; sleep 0.1; done

# spent prints the processor time of a process and its ended children, in clock ticks.
spent() { awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"; }

# timed COMMAND... sets wall in microseconds and cpu in milliseconds.
timed() {
  local tick before after start end
  tick=$(getconf CLK_TCK)
  before=$(($(spent $$) + $(spent $daemon)))
  start=${EPOCHREALTIME/./}
  "$@" > "$dir/out"
  end=${EPOCHREALTIME/./}
  after=$(($(spent $$) + $(spent $daemon)))
  wall=$((end - start)) cpu=$(((after - before) * 1000 / tick))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# row NAME GOAL OUR-COMMAND THEIR-COMMAND...
row() {
  local name=$1 goal=$2 ours=$3 w1=() c1=() w2=() c2=() i
  shift 3
  for ((i = 0; i < rounds; i++)); do
    timed "$loggia" --state "$state" -c "$ours"
    w1+=("$wall") c1+=("$cpu")
    if [ $# -gt 0 ]; then
      timed "$@"
      w2+=("$wall") c2+=("$cpu")
    fi
  done
  w1=$(printf '%s\n' "${w1[@]}" | median) c1=$(printf '%s\n' "${c1[@]}" | median)
  if [ $# -eq 0 ]; then
    awk -v n="$name" -v g="$goal" -v a="$w1" 'BEGIN { printf "%-34s %8.3f s %37s asked for %s\n", n, a/1e6, "", g }'
    return
  fi
  w2=$(printf '%s\n' "${w2[@]}" | median) c2=$(printf '%s\n' "${c2[@]}" | median)
  awk -v n="$name" -v g="$goal" -v a="$w1" -v b="$w2" -v c="$c1" -v d="$c2" 'BEGIN {
    printf "%-34s %8.3f s against %8.3f s: %5.2fx, processor %5.2fx, asked for %s\n", n, a/1e6, b/1e6, a/b, c/(d ? d : 1), g }'
}

# The children of grep | cat and zgrep | cat are this shell's.
piped() { { "$@" || true; } | cat; } # no hit is status 1
archives=()
for n in 0 1 2 3 4 5 6 7 8 9; do archives+=("$logs/packed.$n.gz"); done
literal='authentication fail' absent=UI_AUTH_NOSUCH expr='error|fail.*(ssh|mgd)' classes='[0-9]+ms .*[a-z]+[0-9]$'

row 'last 20' '0.010 s' 'show log plain | last 20'
row 'literal' 1.0x "show log plain | match \"$literal\" | count" piped grep -c "$literal" "$logs/plain"
row 'absent literal' 0.6x "show log plain | match $absent | count" piped grep -c "$absent" "$logs/plain"
row 'expression' 1.0x "show log plain | match \"$expr\" | count" piped grep -cE "$expr" "$logs/plain"
row 'expression without a literal' 1.0x "show log plain | match \"$classes\" | count" piped grep -cE "$classes" "$logs/plain"
row 'archives, literal' 0.35x "show log packed | match \"$literal\" | count" piped zgrep -c "$literal" "${archives[@]}"
row 'archives, expression' 0.35x "show log packed | match \"$expr\" | count" piped zgrep -cE "$expr" "${archives[@]}"
awk '/VmHWM/ { print "daemon, at most", $2 / 1024, "MB" }' "/proc/$daemon/status"

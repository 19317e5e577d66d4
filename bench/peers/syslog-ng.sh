#!/bin/bash
# Starts syslog-ng in the foreground, configured from the BENCH_* environment,
# tuned: threads, flow control, large windows and batches. SYSLOG_NG names where
# install.sh has unpacked it. It has no rotation of its own: S7 is refused.
set -eu

prefix=${SYSLOG_NG:-/opt/syslog-ng}
config=$BENCH_WORK/syslog-ng.conf
sources=''
connections=20 window=200000
if [ "$BENCH_SCENARIO" = S8 ]; then connections=600 window=60000; fi
if [ "$BENCH_RULES" = rot ]; then
  echo 'syslog-ng does not rotate' >&2
  exit 1
fi

# at ADDR:PORT prints the address and port of a source.
at() { printf 'ip(%s) port(%s)' "${1%:*}" "${1##*:}"; }

# source NAME DRIVER prints a source and notes its name.
source_of() {
  sources="$sources source($1);"
  echo "source $1 { $2 };"
}

stream="max-connections($connections) log-iw-size($window) log-fetch-limit(1000)"
inputs() {
  if [ -n "${BENCH_TCP:-}" ]; then source_of s_tcp "network($(at "$BENCH_TCP") transport(tcp) $stream flags(syslog-protocol));"; fi
  if [ -n "${BENCH_OCTET:-}" ]; then source_of s_octet "syslog($(at "$BENCH_OCTET") transport(tcp) $stream);"; fi
  if [ -n "${BENCH_UDP:-}" ]; then
    source_of s_udp "network($(at "$BENCH_UDP") transport(udp) so-rcvbuf(4194304) log-iw-size(200000) log-fetch-limit(1000) flags(syslog-protocol));"
  fi
  if [ -n "${BENCH_UNIX:-}" ]; then source_of s_unix "unix-dgram(\"$BENCH_UNIX\" log-iw-size(200000) log-fetch-limit(1000));"; fi
  if [ -n "${BENCH_TLS:-}" ]; then
    source_of s_tls "syslog($(at "$BENCH_TLS") transport(tls) $stream tls(key-file(\"$BENCH_KEY\") cert-file(\"$BENCH_CERT\") peer-verify(optional-untrusted)));"
  fi
}

# into NAME FILE [FILTER] prints a destination and the path to it.
into() {
  echo "destination d_$1 { file(\"$BENCH_OUT/$2\"); };"
  if [ -n "${3:-}" ]; then echo "filter f_$1 { $3; };"; fi
  echo "log { $sources ${3:+filter(f_$1);} destination(d_$1); flags(flow-control); };"
}

rules() {
  case $BENCH_RULES in
    all) into all all.log ;;
    match) into all all.log "match(\"$BENCH_MATCH\" value(\"MESSAGE\"))" ;;
    five)
      into auth auth.log 'facility(auth,authpriv)'
      into kern kern.log 'facility(kern)'
      into daemon daemon.log 'facility(daemon) and level(info..emerg)'
      into local local.log 'facility(local0..local7) and level(notice..emerg)'
      into errors errors.log 'level(err..emerg)'
      ;;
  esac
}

relay() {
  local disk=''
  if [ -n "${BENCH_DISKQUEUE:-}" ]; then
    disk="disk-buffer(reliable(yes) disk-buf-size(2147483648) mem-buf-size(67108864) dir(\"$BENCH_SPOOL\"))"
  fi
  echo "destination d_relay { syslog(\"${1%:*}\" port(${1##*:}) transport(tcp) $disk); };"
  echo "log { $sources destination(d_relay); flags(flow-control); };"
}

{
  echo '@version: 3.38'
  echo 'options { threaded(yes); keep-hostname(yes); use-dns(no); chain-hostnames(no); stats-freq(0); flush-lines(1000);'
  echo '          log-fifo-size(400000); log-msg-size(16384); time-reopen(1); };'
  inputs
  rules
  if [ -n "${BENCH_FORWARD:-}" ]; then relay "$BENCH_FORWARD"; fi
} > "$config"

export LD_LIBRARY_PATH=$prefix/usr/lib/syslog-ng
exec "$prefix/usr/sbin/syslog-ng" -F --no-caps --module-path="$prefix/usr/lib/syslog-ng/3.38" -f "$config" \
  -R "$BENCH_WORK/persist" -p "$BENCH_WORK/pid" -c "$BENCH_WORK/control" --worker-threads=4

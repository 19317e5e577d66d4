#!/bin/bash
# Starts rsyslogd in the foreground, configured from the BENCH_* environment.
# RSYSLOG_MODE=tuned (default): the fast TCP input, a large queue, big batches,
# two queue workers. RSYSLOG_MODE=default: as a distribution ships it.
# RSYSLOG_WORKERS=1 keeps the order inside a connection, and is slower.
set -eu

tuned() { [ "${RSYSLOG_MODE:-tuned}" = tuned ]; }
config=$BENCH_WORK/rsyslog.conf
here=$(dirname "$(readlink -f "$0")")

# endpoint ADDR:PORT prints the address and port parameters of an input.
endpoint() { printf 'address="%s" port="%s"' "${1%:*}" "${1##*:}"; }

general() {
  printf 'global(workDirectory="%s" net.enableDNS="off" maxMessageSize="16k")\n' "$BENCH_SPOOL"
  if tuned; then
    cat <<END
main_queue(queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="1024"
           queue.workerThreads="${RSYSLOG_WORKERS:-2}" queue.timeoutEnqueue="60000")
END
  fi
}

stream_input() { # rsyslog tells the framings apart by itself
  if tuned; then
    echo 'module(load="imptcp" threads="2")'
    echo "input(type=\"imptcp\" $(endpoint "$1") socketBacklog=\"512\")"
  else
    echo 'module(load="imtcp" maxSessions="1000")'
    echo "input(type=\"imtcp\" $(endpoint "$1"))"
  fi
}

udp_input() {
  if tuned; then
    echo 'module(load="imudp" timeRequery="8" batchSize="128")'
    echo "input(type=\"imudp\" $(endpoint "$1") rcvbufSize=\"4m\")"
  else
    echo 'module(load="imudp")'
    echo "input(type=\"imudp\" $(endpoint "$1"))"
  fi
}

unix_input() {
  echo 'module(load="imuxsock" SysSock.Use="off")'
  echo "input(type=\"imuxsock\" Socket=\"$1\" CreatePath=\"on\" RateLimit.Interval=\"0\")"
}

tls_input() {
  cat <<END
global(defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="$BENCH_CERT"
       defaultNetstreamDriverCertFile="$BENCH_CERT" defaultNetstreamDriverKeyFile="$BENCH_KEY")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon" maxSessions="1000")
input(type="imtcp" $(endpoint "$1"))
END
}

# into FILE prints the action that writes a file of BENCH_OUT.
into() {
  local more=''
  if tuned; then more=' ioBufferSize="256k"'; fi
  printf 'action(type="omfile" file="%s/%s"%s)\n' "$BENCH_OUT" "$1" "$more"
}

rules() {
  echo 'module(load="builtin:omfile" template="RSYSLOG_TraditionalFileFormat")'
  case $BENCH_RULES in
    all) echo "*.* $(into all.log)" ;;
    match) echo "if re_match(\$msg, '$BENCH_MATCH') then $(into all.log)" ;;
    rot)
      echo "\$outchannel rotating,$BENCH_OUT/all.log,$BENCH_ROTATE_SIZE,$here/rotate.sh $BENCH_OUT/all.log $BENCH_ROTATE_FILES"
      echo '*.* :omfile:$rotating'
      ;;
    five)
      echo "auth,authpriv.* $(into auth.log)"
      echo "kern.* $(into kern.log)"
      echo "daemon.info $(into daemon.log)"
      echo "local0,local1,local2,local3,local4,local5,local6,local7.notice $(into local.log)"
      echo "*.err $(into errors.log)"
      ;;
  esac
}

relay() {
  local disk=''
  if [ -n "${BENCH_DISKQUEUE:-}" ]; then disk='queue.filename="relay" queue.maxDiskSpace="2g" queue.saveOnShutdown="on"'; fi
  cat <<END
*.* action(type="omfwd" target="${1%:*}" port="${1##*:}" protocol="tcp" TCP_Framing="octet-counted"
           template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1"
           queue.type="LinkedList" queue.size="200000" queue.dequeueBatchSize="1024" queue.timeoutEnqueue="60000" $disk)
END
}

{
  general
  if [ -n "${BENCH_TCP:-}" ]; then stream_input "$BENCH_TCP"; fi
  if [ -n "${BENCH_OCTET:-}" ]; then stream_input "$BENCH_OCTET"; fi
  if [ -n "${BENCH_UDP:-}" ]; then udp_input "$BENCH_UDP"; fi
  if [ -n "${BENCH_UNIX:-}" ]; then unix_input "$BENCH_UNIX"; fi
  if [ -n "${BENCH_TLS:-}" ]; then tls_input "$BENCH_TLS"; fi
  rules
  if [ -n "${BENCH_FORWARD:-}" ]; then relay "$BENCH_FORWARD"; fi
} > "$config"

exec /usr/sbin/rsyslogd -n -f "$config" -i "$BENCH_WORK/rsyslog.pid"

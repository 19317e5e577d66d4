#!/bin/sh
# Installs what the tests need, where it is missing: the programs that they run
# as peers (logger, rsyslogd, nc, ssh, ssh-audit) and a C compiler for the race detector. Debian
# only; elsewhere it names them.
set -eu
missing=
need() { program=$1; shift; command -v "$program" >/dev/null 2>&1 || missing="$missing $*"; }
PATH=$PATH:/usr/sbin
need logger bsdutils
need rsyslogd rsyslog
ls /usr/lib/*/rsyslog/lmnsd_ossl.so >/dev/null 2>&1 || missing="$missing rsyslog-openssl"
need nc netcat-openbsd
need openssl openssl
need ssh openssh-client
need sshpass sshpass
need ssh-audit ssh-audit
need gcc gcc libc6-dev
/usr/bin/python3 -c 'import ncclient' 2>/dev/null || missing="$missing python3-ncclient"
/usr/bin/python3 -W ignore -c 'import jnpr.junos' 2>/dev/null || missing="$missing python3-junos-eznc"
unpacked() { [ -x "${SYSLOG_NG:-/opt/syslog-ng}/usr/sbin/syslog-ng" ]; } # its package excludes rsyslog's
if [ -z "$missing" ] && unpacked; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "the tests need these programs, please install them:$missing" >&2
    exit 1
fi
echo "installing for the tests:$missing syslog-ng"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -o DPkg::Lock::Timeout=180 update -q
$sudo apt-get -o DPkg::Lock::Timeout=180 install -y -q --no-install-recommends $missing
unpacked || $sudo sh "$(dirname "$0")/../bench/peers/install.sh"

#!/bin/sh
# Installs the programs that the tests run as peers, where they are missing:
# logger (bsdutils), rsyslogd, tmux, nc. Debian only; elsewhere it names them.
set -eu
missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
PATH=$PATH:/usr/sbin
need logger bsdutils
need rsyslogd rsyslog
need tmux tmux
need nc netcat-openbsd
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "the tests need these programs, please install them:$missing" >&2
    exit 1
fi
echo "installing for the tests:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -o DPkg::Lock::Timeout=180 update -q
$sudo apt-get -o DPkg::Lock::Timeout=180 install -y -q --no-install-recommends $missing

#!/bin/sh
# Installs the daemons to compare with, from Debian. Starts none of them. The
# packages of rsyslog and syslog-ng exclude each other, so syslog-ng is unpacked
# into SYSLOG_NG (/opt/syslog-ng) and its libraries alone are installed.
set -e
prefix=${SYSLOG_NG:-/opt/syslog-ng}
apt-get install -y --no-install-recommends rsyslog rsyslog-openssl
[ -x "$prefix/usr/sbin/syslog-ng" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download syslog-ng-core
needs=$(dpkg-deb -f syslog-ng-core_*.deb Depends | tr ',' '\n' | sed 's/(.*//; s/|.*//; s/ //g' | grep '^lib')
# shellcheck disable=SC2086 # a list of packages
apt-get install -y --no-install-recommends $needs
mkdir -p "$prefix"
dpkg-deb -x syslog-ng-core_*.deb "$prefix"

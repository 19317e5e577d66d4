#!/bin/sh
# Installs the daemons to compare with, from Debian. Starts none of them.
set -e
apt-get install -y --no-install-recommends rsyslog rsyslog-openssl

#!/bin/sh
# rsyslogd as a distribution ships it, see rsyslog.sh.
RSYSLOG_MODE=default exec "$(dirname "$(readlink -f "$0")")/rsyslog.sh"

#!/bin/sh
# rsyslogd tuned, with the one queue worker that keeps the order inside a connection.
RSYSLOG_WORKERS=1 exec "$(dirname "$(readlink -f "$0")")/rsyslog.sh"

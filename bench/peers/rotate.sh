#!/bin/sh
# What rsyslog runs when a file has reached its size. It hands over the file
# and the number of archives as one argument; an archive is compressed before
# the next line is written.
set -eu
set -- $1
file=$1 keep=$2
n=$((keep - 1))
rm -f "$file.$n.gz"
while [ "$n" -gt 0 ]; do
  older=$n
  n=$((n - 1))
  if [ -e "$file.$n.gz" ]; then mv "$file.$n.gz" "$file.$older.gz"; fi
done
mv "$file" "$file.0"
gzip "$file.0"

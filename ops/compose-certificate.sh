#!/bin/sh
# Makes a certificate for the host $2, `mail` without it, signed by itself, in the folder $1, unless there is one. For
# docker-compose.yml; a real relay has its own.
set -eu
cd "$1"
host=${2:-mail}
if [ -s mail.crt ] && [ -s mail.key ]; then
  exit 0
fi
umask 022
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$host" \
  -addext "subjectAltName=DNS:$host" -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
  -keyout mail.key.new -out mail.crt.new 2>openssl.log || { cat openssl.log >&2; exit 1; }
rm openssl.log
# The certificate last: with it the pair is complete.
mv mail.key.new mail.key
mv mail.crt.new mail.crt

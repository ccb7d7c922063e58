#!/bin/sh
# Reads secrets from files, as Docker and Kubernetes mount them, then becomes fanzha-serve.
set -eu

# DATABASE_URL_FILE names a file with the whole address, PGPASSWORD_FILE one with the password only.
if [ -n "${DATABASE_URL_FILE:-}" ]; then
  FANZHA_DATABASE_URL=$(cat -- "$DATABASE_URL_FILE")
  export FANZHA_DATABASE_URL
fi
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat -- "$PGPASSWORD_FILE")
  export PGPASSWORD
fi
exec fanzha-serve "$@"

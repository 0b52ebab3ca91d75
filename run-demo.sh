#!/usr/bin/env bash
# Starts the demo: a catalogue, three secure environments, SD Apply and an identity provider. The machine needs only Python 3.9 or newer.
# Usage: ./run-demo.sh [--check] [--data DIR] [--fresh] [--idp URL ...] [--port N ...]; --help tells all options
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

export SECUREB2SHARE_DEMO_STARTED_IN="$PWD"
root="$(CDPATH="" cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
. scripts/environment.sh

find_python
make_environment "$root/.venv-demo" "invenio,exports,postgresql,redis,demo"
exec "$root/.venv-demo/bin/python" -m demo "$@"

#!/usr/bin/env bash
# Measures how fast the package is, and says which goals are met; docs/howto/measure.md explains the figures.
# Usage: ./run-benchmarks.sh [--quick] [--only NAME]... [--json]
#   --quick      few runs, in less than five minutes on two cores
#   --only NAME  one group of figures, such as drain; --help names them
#   --json       one line of JSON for each figure, and no table
# It starts a PostgreSQL of its own, with fsync. A missed goal is printed as missed, and is no error.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

root="$(CDPATH="" cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
. scripts/environment.sh

find_python
# the output is for a program where --json is given
make_environment "$root/.venv-tests" "invenio,exports,postgresql,redis,demo,tests" >&2
exec "$root/.venv-tests/bin/python" -m benchmarks "$@"

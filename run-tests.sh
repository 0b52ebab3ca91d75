#!/usr/bin/env bash
# Runs the tests and everything else that has to hold, and says what was left out and why.
# Usage: ./run-tests.sh [--services] [ARGUMENTS FOR PYTEST]
#   --services   start PostgreSQL, Redis, OpenSearch and Keycloak for the tests, run the parts side by side
#                on the processors, and stop the services at the end
# With arguments for pytest, only pytest runs, and Keycloak starts only when it is named. Parts named in
# SECUREB2SHARE_TEST_REQUIRE (of: postgresql redis opensearch keycloak nginx browser python36 rdm13 rdm14 faults
# docs demo) may not be left out: where one cannot run, that is an error. rdm13 and rdm14, the host InvenioRDM
# in an environment of its own, and demo, its round trip in a new environment, run only when they are named.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

root="$(CDPATH="" cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
. scripts/environment.sh

find_python
exec "$python" scripts/run_tests.py "$@"

#!/usr/bin/env bash
# Runs the tests and everything else that has to hold, and says what was left out and why.
# Usage: ./run-tests.sh [--services] [ARGUMENTS FOR PYTEST]
#   --services   start PostgreSQL, Redis and OpenSearch for the tests, and stop them at the end
# With arguments for pytest, only pytest runs. Parts named in SECUREB2SHARE_TEST_REQUIRE (of: postgresql
# redis opensearch browser python36 rdm13 rdm14 docs) may not be left out: where one cannot run, that is
# an error. rdm13 and rdm14, the host InvenioRDM in an environment of its own, run only when they are named.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

root="$(CDPATH="" cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
. scripts/environment.sh

required=" ${SECUREB2SHARE_TEST_REQUIRE:-} "
parts_run=""
parts_failed=""
left_out=""

is_required() {
    case "$required" in *" $1 "*) return 0 ;; esac
    return 1
}

leave_out() {
    if is_required "$1"; then
        echo "run-tests.sh: $1 is required by SECUREB2SHARE_TEST_REQUIRE, but $2." >&2
        exit 1
    fi
    left_out="$left_out
  $1: $2"
}

run_part() {
    local name="$1"
    shift
    echo
    echo "== $name"
    parts_run="$parts_run${parts_run:+, }$name"
    "$@" || parts_failed="$parts_failed${parts_failed:+, }$name"
}

# A part with an environment of its own can run beside others; what it says is shown when it is waited for.
beside_name=""
begin_beside() {
    beside_name="$1"
    shift
    beside_log="$(mktemp)"
    "$@" >"$beside_log" 2>&1 </dev/null &
    beside_pid=$!
}

end_beside() {
    local status=0
    [ -n "$beside_name" ] || return 0
    wait "$beside_pid" || status=$?
    echo
    echo "== $beside_name (beside the others)"
    parts_run="$parts_run${parts_run:+, }$beside_name"
    cat "$beside_log"
    rm -f "$beside_log"
    [ "$status" -eq 0 ] || parts_failed="$parts_failed${parts_failed:+, }$beside_name"
    beside_name=""
}

start_services() {
    local service exports
    services="$(mktemp -d)"
    # the database server's user has to pass through it
    chmod 755 "$services"
    trap '"$root/.venv-tests/bin/python" "$root/scripts/services.py" stop --folder "$services"; rm -rf "$services"' EXIT
    for service in postgresql redis opensearch; do
        # one that does not start says why; what needs it is left out below
        if exports="$(.venv-tests/bin/python scripts/services.py start --folder "$services" "$service")"; then
            eval "$exports"
        fi
    done
}

pip_of_36() {
    run_quietly .venv-py36/install.log .venv-py36/bin/python -m pip install --no-input "$@" && return
    # a pip this old may not know what the machine's pip is told to do
    run_quietly .venv-py36/install.log env PIP_CONFIG_FILE=/dev/null .venv-py36/bin/python -m pip install --no-input "$@"
}

# One environment with the libraries of B2SHARE 2.4, and this checkout in it; stamped last.
make_python36() {
    local stamp
    stamp="$(cksum < constraints-b2share2.txt)"
    if [ "$(cat .venv-py36/made 2>/dev/null)" != "$stamp" ]; then
        echo "Making .venv-py36: 2 to 4 minutes, the first time."
        rm -rf .venv-py36
        mkdir .venv-py36
        run_quietly .venv-py36/install.log "$python36" -m venv .venv-py36 &&
            pip_of_36 "pip==21.3.1" "setuptools==57.5.0" "wheel==0.37.1" &&
            pip_of_36 --requirement constraints-b2share2.txt || return 1
        echo "$stamp" > .venv-py36/made
    fi
    pip_of_36 --no-deps --no-build-isolation --editable .
}

run_python36() {
    if ! make_python36; then
        echo "The environment of Python 3.6 could not be made; the log is $root/.venv-py36/install.log" >&2
        return 1
    fi
    .venv-py36/bin/python - <<'PYTHON' || return 1
import os
import sys

NEWER = {os.path.join("secureb2share_ext", "hosts", host) for host in ("records_rest", "rdm")}
failed = checked = 0
for folder, folders, files in os.walk("secureb2share_ext"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in NEWER]
    for name in files:
        if name.endswith(".py"):
            path = os.path.join(folder, name)
            checked += 1
            try:
                with open(path, "rb") as source:
                    compile(source.read(), path, "exec")
            except SyntaxError as error:
                failed += 1
                print("%s:%s: %s" % (path, error.lineno, error.msg))
print("Python 3.6 understands %d of %d files." % (checked - failed, checked))
sys.exit(failed > 0)
PYTHON
    cat tests/python36.txt tests/oldlibs/tests.txt |
        xargs env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/oldlibs .venv-py36/bin/python -m pytest -p old_libraries
}

# Why the tests of InvenioRDM 13 or 14 cannot run or need not; nothing where they shall.
why_without_rdm() {
    if ! is_required "rdm$1"; then
        echo "SECUREB2SHARE_TEST_REQUIRE=rdm$1 makes its environment (0.8 GB) and runs it"
    elif [ -z "${SECUREB2SHARE_TEST_POSTGRESQL:-}" ] || [ -z "${SECUREB2SHARE_TEST_REDIS:-}" ] ||
        [ -z "${SECUREB2SHARE_TEST_SEARCH:-}" ]; then
        echo "PostgreSQL, Redis and OpenSearch are not all there"
    elif ! "$python" -c "import sys; sys.exit(sys.version_info < (3, 11))"; then
        echo "constraints-rdm$1.txt is for Python 3.11 and newer"
    fi
}

# One environment with InvenioRDM 13 or 14, and this checkout in it; stamped last.
make_rdm() {
    local folder=".venv-rdm$1" constraints="constraints-rdm$1.txt" stamp
    stamp="$("$python" --version 2>&1) $(cksum < "$constraints")"
    if [ "$(cat "$folder/made" 2>/dev/null)" != "$stamp" ]; then
        echo "Making $folder: 2 to 4 minutes, the first time."
        rm -rf "$folder"
        mkdir "$folder"
        run_quietly "$folder/install.log" "$python" -m venv "$folder" &&
            run_quietly "$folder/install.log" "$folder/bin/python" -m pip install --no-input \
                --requirement "$constraints" || return 1
        echo "$stamp" > "$folder/made"
    fi
    run_quietly "$folder/install.log" "$folder/bin/python" -m pip install --no-input --no-deps \
        --no-build-isolation --editable .
}

# What one version of InvenioRDM leaves to the other, most of whose time goes into starting processes.
long_of_rdm() {
    if [ "$1" = 13 ] && [ "${SECUREB2SHARE_TEST_RDM:-}" != both ]; then
        echo tests/hosts/rdm/test_rdm_bulk.py tests/hosts/rdm/test_rdm_life.py
    fi
}

# The versions of InvenioRDM one after the other, in the background, for nothing else needs what they run in.
run_rdm() {
    local version long ignored status=0
    for version in "$@"; do
        echo "InvenioRDM $version"
        if ! make_rdm "$version"; then
            echo "Its environment could not be made; the log is $root/.venv-rdm$version/install.log" >&2
            status=1
            continue
        fi
        ignored=()
        for long in $(long_of_rdm "$version"); do
            ignored+=(--ignore "$long")
        done
        PYTHONDONTWRITEBYTECODE=1 ".venv-rdm$version/bin/python" -m pytest tests/hosts/rdm \
            ${ignored[@]+"${ignored[@]}"} || status=1
    done
    return "$status"
}

for name in $required; do
    case "$name" in
    postgresql | redis | opensearch | browser | python36 | rdm13 | rdm14 | docs) ;;
    *)
        known="postgresql redis opensearch browser python36 rdm13 rdm14 docs"
        fail "SECUREB2SHARE_TEST_REQUIRE names '$name', which is none of: $known."
        ;;
    esac
done
with_services=""
if [ "${1:-}" = "--services" ]; then
    with_services=yes
    shift
fi
everything=""
[ $# -gt 0 ] || everything=yes

find_python
make_environment "$root/.venv-tests" "invenio,exports,postgresql,redis,demo,tests"
if is_required docs; then
    add_to_environment "$root/.venv-tests" docs
fi
if [ -n "$with_services" ]; then
    start_services
fi

if [ -n "$with_services" ]; then
    why="it did not start (the reason stands above); set"
else
    why="no server is known; use ./run-tests.sh --services, or set"
fi
[ -n "${SECUREB2SHARE_TEST_POSTGRESQL:-}" ] || leave_out postgresql "$why SECUREB2SHARE_TEST_POSTGRESQL to one"
[ -n "${SECUREB2SHARE_TEST_REDIS:-}" ] || leave_out redis "$why SECUREB2SHARE_TEST_REDIS to one"
[ -n "${SECUREB2SHARE_TEST_SEARCH:-}" ] || leave_out opensearch "$why SECUREB2SHARE_TEST_SEARCH to one"
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null
then
    leave_out browser "no Chromium was found (on Debian the package is chromium)"
fi
python36=""
docs=""
rdm=""
if [ -n "$everything" ] || is_required python36; then
    find_python36 || leave_out python36 "no Python 3.6 was found"
fi
for version in 13 14; do
    if [ -n "$everything" ] || is_required "rdm$version"; then
        why="$(why_without_rdm "$version")"
        if [ -z "$why" ]; then
            rdm="$rdm $version"
            for long in $(long_of_rdm "$version"); do
                left_out="$left_out
  $long on InvenioRDM 13: it runs on 14; SECUREB2SHARE_TEST_RDM=both runs it on 13 too"
            done
        else
            leave_out "rdm$version" "$why"
        fi
    fi
done
if [ -n "$everything" ] || is_required docs; then
    if [ ! -e docs/conf.py ]; then
        leave_out docs "there is no docs/conf.py"
    elif [ -x .venv-tests/bin/sphinx-build ]; then
        docs=yes
    else
        leave_out docs "Sphinx is not installed (SECUREB2SHARE_TEST_REQUIRE=docs installs it)"
    fi
fi

if [ -n "$everything" ] && grep -q '^\[tool\.ruff' pyproject.toml; then
    run_part "ruff" .venv-tests/bin/python -m ruff check --no-cache --output-format concise --extend-exclude ".venv*" .
fi
if [ -n "$docs" ]; then
    run_part "docs" .venv-tests/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
fi
if [ -n "$rdm" ]; then
    # shellcheck disable=SC2086
    begin_beside "rdm$(echo $rdm | sed 's/ /, rdm/')" run_rdm $rdm
fi
if [ -n "$python36" ]; then
    run_part "python36" run_python36
fi
if [ -n "$beside_name" ] && [ -n "$everything" ]; then
    run_part "pytest" .venv-tests/bin/python -m pytest --ignore tests/demo
    end_beside
    # its browser has no more patience than a reader
    run_part "pytest of the demo" .venv-tests/bin/python -m pytest tests/demo
else
    run_part "pytest" .venv-tests/bin/python -m pytest "$@"
    end_beside
fi

echo
echo "parts run: $parts_run"
[ -n "$everything" ] || echo "only pytest was asked for"
[ -z "$left_out" ] || echo "left out:$left_out"
if [ -n "$parts_failed" ]; then
    echo "FAILED: $parts_failed"
    exit 1
fi
echo "all passed"

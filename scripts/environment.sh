# shellcheck shell=bash disable=SC2034,SC2154
# Which Python runs the demo and the tests, and how does its virtual environment come to be?
# Sourced by scripts that set $root and work in it; bash 3.2 (macOS) has to understand it.

fail() {
    echo "${0##*/}: $1" >&2
    exit 2
}

# Sets $python to the first Python from 3.9 on that can make virtual environments; $PYTHON comes first.
find_python() {
    local candidate answer too_old="" no_venv=""
    if [ -n "${PYTHON:-}" ] && ! "$PYTHON" -c "" 2>/dev/null; then
        fail "PYTHON is set to '$PYTHON', which is not a Python that can be started."
    fi
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3.10 python3.9 python3 python; do
        answer="$("$candidate" - 2>/dev/null <<'PYTHON'
import sys
if sys.version_info < (3, 9):
    print("old %d.%d" % sys.version_info[:2])
else:
    try:
        import ensurepip, venv
        print("good")
    except ImportError:
        print("venv %d.%d" % sys.version_info[:2])
PYTHON
)" || continue
        case "$answer" in
        good)
            python="$candidate"
            return
            ;;
        old*) too_old="${too_old:-${answer#old }}" ;;
        venv*) no_venv="${no_venv:-${answer#venv }}" ;;
        esac
        if [ "$candidate" = "${PYTHON:-}" ]; then
            break
        fi
    done
    if [ -n "$no_venv" ]; then
        fail "Python $no_venv is here without venv and ensurepip; on Debian and Ubuntu install the package python3-venv."
    elif [ -n "$too_old" ]; then
        fail "Python $too_old is too old; install Python 3.9 or newer, or set PYTHON to one."
    fi
    fail "no Python was found; install Python 3.9 or newer, or set PYTHON to one."
}

# Runs a command in a process group of its own, silently, and prints a line every 15 seconds.
# A Ctrl-C ends the whole group: pip would leave the builds that it started.
run_quietly() {
    local log="$1" started=$SECONDS shown=0 pid status=0
    shift
    set -m
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    trap 'stop_group '"$pid"' 130' INT
    trap 'stop_group '"$pid"' 143' TERM HUP
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1 || true
        if [ $((SECONDS - started - shown)) -ge 15 ]; then
            shown=$((SECONDS - started))
            echo "  ... $shown s"
        fi
    done
    wait "$pid" || status=$?
    trap - INT TERM HUP
    return "$status"
}

stop_group() {
    trap '' INT TERM HUP
    kill -TERM -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    kill -KILL -- "-$1" 2>/dev/null || true
    echo "Stopped; the next start installs what is missing." >&2
    exit "$2"
}

# make_environment FOLDER EXTRAS: a virtual environment with this checkout and the extras in it.
# It is stamped last, so that an interrupted installation is begun anew.
make_environment() {
    local folder="$1" extras="$2" maker
    maker="$("$python" -c "import sys; print('%d.%d' % sys.version_info[:2])") $root"
    if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/made" 2>/dev/null)" = "$maker" ]; then
        add_to_environment "$folder" "$extras"
        return
    fi
    echo "Making ${folder##*/} with $("$python" --version 2>&1): half a minute to 3 minutes, the first time."
    rm -rf "$folder"
    mkdir "$folder"
    if ! run_quietly "$folder/install.log" "$python" -m venv "$folder"; then
        fail "'$python -m venv' failed; its log is $folder/install.log"
    fi
    add_to_environment "$folder" "$extras"
    echo "$maker" > "$folder/made"
}

# add_to_environment FOLDER EXTRAS: installs them unless they are there in the versions that are asked for.
add_to_environment() {
    local folder="$1" extras="$2" stamp started=$SECONDS
    stamp="$(installation_stamp "$extras")"
    if [ "$(cat "$folder/installed-$extras" 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    echo "Installing $extras ..."
    # Invenio imports pkg_resources: from Python 3.12 on a new environment has no setuptools
    if ! run_quietly "$folder/install.log" install_packages "$folder" \
            --constraint constraints.txt setuptools --editable ".[$extras]"; then
        fail "The packages could not be installed (is there a network?); the log is $folder/install.log"
    fi
    echo "$stamp" > "$folder/installed-$extras"
    echo "Installed in $((SECONDS - started)) s."
}

# install_packages FOLDER ARGUMENT...: with uv, which takes seconds where pip takes minutes; with pip where uv fails.
install_packages() {
    local interpreter="$1/bin/python"
    shift
    if "$interpreter" -m pip install --quiet --no-input --constraint constraints.txt uv &&
            "$interpreter" -m uv pip install --quiet --no-config --python "$interpreter" "$@"; then
        return
    fi
    echo "uv did not install them; pip tries."
    "$interpreter" -m pip install --quiet --no-input "$@"
}

installation_stamp() {
    "$python" - "$1" constraints.txt setup.cfg <<'PYTHON'
import hashlib
import sys

digest = hashlib.sha256(sys.argv[1].encode())
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        digest.update(file.read())
print(digest.hexdigest())
PYTHON
}

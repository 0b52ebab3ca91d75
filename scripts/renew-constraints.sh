#!/usr/bin/env bash
# Writes constraints.txt anew: the newest versions that go together, for every Python from 3.9 on; and
# constraints-rdm13.txt and constraints-rdm14.txt, the whole environments of the tests of InvenioRDM.
# Usage: scripts/renew-constraints.sh    (needs Python 3.9 or newer and a network)
set -euo pipefail

root="$(CDPATH="" cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
. scripts/environment.sh

find_python
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

echo "Installing uv into a throw-away environment ..."
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet uv

# pkg_resources, which Invenio imports, left setuptools with version 81
"$python" - "$root/setup.cfg" > "$folder/wanted.txt" <<'PYTHON'
import configparser
import sys

setup = configparser.ConfigParser(interpolation=None)
setup.read(sys.argv[1], encoding="utf-8")
print(setup["options"]["install_requires"])
for extra in setup["options.extras_require"].values():
    print(extra)
print("setuptools<81")
print("uv")
PYTHON

echo "Resolving (about a minute) ..."
"$folder/venv/bin/python" -m uv pip compile "$folder/wanted.txt" --output-file "$folder/resolved.txt" \
    --quiet --no-config --universal --python-version 3.9 --no-annotate --no-header

{
    echo "# The versions that the demo and the tests run with, on Python 3.9 to 3.13."
    echo "# Use: pip install --constraint constraints.txt --editable \".[invenio,demo]\""
    echo "# Do not edit: scripts/renew-constraints.sh writes this file from setup.cfg."
    cat "$folder/resolved.txt"
} > "$folder/constraints.txt"
cp "$folder/constraints.txt" "$root/constraints.txt"
echo "constraints.txt has $(grep -c '==' "$root/constraints.txt") pinned lines."

renew_rdm() {
    local release="$1" file="constraints-rdm${1%%.*}.txt"
    {
        echo "invenio-app-rdm[opensearch2]~=$release"
        "$python" - "$root/setup.cfg" <<'PYTHON'
import configparser
import sys

setup = configparser.ConfigParser(interpolation=None)
setup.read(sys.argv[1], encoding="utf-8")
print(setup["options"]["install_requires"])
for name in ("exports", "postgresql", "redis", "demo"):
    print(setup["options.extras_require"][name])
# of the tests, what those of this host import
wanted = ("hypothesis", "prometheus-client", "PyJWT", "PyNaCl", "playwright", "pytest-invenio")
for line in setup["options.extras_require"]["tests"].split("\n"):
    if line.startswith(wanted):
        print(line)
PYTHON
        echo "setuptools<81"
    } > "$folder/wanted-rdm.txt"
    # what is in a file of this name already would be preferred
    rm -f "$folder/resolved-rdm.txt"
    "$folder/venv/bin/python" -m uv pip compile "$folder/wanted-rdm.txt" --output-file "$folder/resolved-rdm.txt" \
        --quiet --no-config --universal --python-version 3.11 --no-annotate --no-header
    {
        echo "# The versions that the tests of InvenioRDM $release and later run with, on Python 3.11 and newer."
        echo "# Use: pip install --requirement $file, then pip install --no-deps --editable ."
        echo "# Do not edit: scripts/renew-constraints.sh writes this file."
        cat "$folder/resolved-rdm.txt"
    } > "$folder/$file"
    cp "$folder/$file" "$root/$file"
    echo "$file has $(grep -c '==' "$root/$file") pinned lines."
}

renew_rdm 13.1
renew_rdm 14.0

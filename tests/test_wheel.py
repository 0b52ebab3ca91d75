import os
import shutil
import subprocess
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEPT = (".py", ".css", ".html", ".js", ".json", ".mo", ".po", ".svg", "py.typed")


def test_wheel_holds_every_file_of_the_package_and_nothing_else(tmp_path):
    # a copy, for the build writes beside the sources
    copy = tmp_path / "source"
    shutil.copytree(os.path.join(ROOT, "secureb2share_ext"), copy / "secureb2share_ext")
    for name in ("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "CHANGES.md", "LICENSE"):
        shutil.copy(os.path.join(ROOT, name), copy / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(copy),
    ]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = {
        os.path.relpath(os.path.join(base, name), ROOT)
        for base, _, names in os.walk(os.path.join(ROOT, "secureb2share_ext"))
        for name in names
        if name.endswith(KEPT)
    }
    assert held == sources

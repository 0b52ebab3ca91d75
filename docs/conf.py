"""Sphinx and MyST. The pages are complete as they stand; docs/generate.py writes the tables in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

project = "Secure B2SHARE"
author = "The Secure B2SHARE developers"
copyright = author
version = release = re.search(
    r'^__version__ = "([^"]+)"', (ROOT / "secureb2share_ext" / "__init__.py").read_text(encoding="utf-8"), flags=re.M
).group(1)
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Secure B2SHARE " + version
html_static_path = ["_static"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_copy_source = False

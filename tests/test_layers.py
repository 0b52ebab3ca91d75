import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "secureb2share_ext"
NAME = PACKAGE.name
FLOWS = ("uploads", "datasets", "outbox", "access", "legacy")
HOST_MODULES = (
    "b2share",
    "invenio_records_rest",
    "invenio_rdm_records",
    "invenio_records_resources",
    "invenio_deposit",
)
# a flow -> the other flows, and targets, that it may import; modules named views may import any
MAY_IMPORT = {
    "uploads": set(),
    "datasets": {"access", "outbox", "targets"},
    "access": {"targets"},
    "outbox": {"targets"},
    "targets": set(),
    "legacy": {"datasets"},
}
PURE = (
    "client",
    "dataset",
    "errors",
    "maintenance.findings",
    "maintenance.report",
    "messages.message",
    "descriptions.rules",
    "descriptions.schema",
    "descriptions.role_address",
    "descriptions.duo",
    "descriptions.tolerant",
    "descriptions.labels",
    "hosts.records_rest.search_mapping",
    "descriptions.dates",
    "messages.openapi",
    "messages.sources",
    "outbox.event",
    "outbox.mark",
    "outbox.receipt",
    "outbox.retry",
    "targets.egress",
    "targets.webhook",
    "maintenance.expiry",
    "access.nginx_map",
    "exports.record_json",
    "access.link",
    "access.providers",
    "access.reference",
    "exports.rights",
    "hosts.records_rest.mapping",
    "hosts.b2share2.block",
    "hosts.b2share2.languages",
    "hosts.b2share2.mapping",
    "hosts.rdm.fields.error_paths",
    "hosts.rdm.fields.validation_errors",
    "hosts.rdm.fields.deposit_form",
    "hosts.rdm.fields.html",
    "hosts.rdm.fields.languages",
    "hosts.rdm.fields.mapping",
    "hosts.rdm.fields.names",
    "messages.partition",
    "exports.published",
    "exports.xml_text",
    "exports.datacite",
    "exports.dublin_core",
    "exports.formats",
    "exports.linkset",
    "exports.oai_datacite",
    "exports.schema_org",
    "legacy.holder",
    "legacy.listing",
    "legacy.manifest",
)
OF_CLIENT = "base64 binascii calendar cryptography datetime hashlib hmac http json re requests time urllib"


def _name(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
PACKAGES = {_name(path) for path in PACKAGE.rglob("__init__.py")}


def imports(module):
    # (dotted names inside the package, top-level names of other ones), also those inside functions
    ours, others = set(), set()
    here = module.split(".") if module else []
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [node.module] + [node.module + "." + alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here if module in PACKAGES else here[:-1]
            base = base[: len(base) - node.level + 1] + (node.module or "").split(".") * bool(node.module)
            base = ".".join([NAME] + base)
            found = [base] + [base + "." + alias.name for alias in node.names]
        else:
            continue
        for name in found:
            top, _, rest = name.partition(".")
            if top == NAME:
                ours.add(rest)
            else:
                others.add(top)
    return {name for name in ours if name in TREES and name}, others


def closure(module):
    # everything that importing a module imports, the packages on the way to it included
    seen, others, waiting = set(), set(), [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        ours, more = imports(name)
        others |= more
        parents = {".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)}
        waiting.extend(ours | parents)
    return seen, others


def flow(module):
    return module.split(".")[0]


def test_the_reader_of_imports_reads_them():
    ours = imports("access.views")[0]
    assert {"datasets.view", "datasets.store", "keyring", "access.reference"} <= ours
    assert "targets.webhook" in imports("targets")[0] and "errors" in imports("targets")[0]
    assert "uploads.refusal" in imports("hosts.files_rest")[0] and "cli" in imports("ext")[0]


@pytest.mark.parametrize("module", sorted(TREES))
def test_who_may_import_whom(module):
    ours, others = imports(module)
    part, is_view = flow(module), module.endswith(".views")
    assert part == "hosts" or not others & set(HOST_MODULES)
    if part in MAY_IMPORT:
        allowed = set(FLOWS) if is_view else MAY_IMPORT[part] | {part}
        assert {flow(name) for name in ours} & set(FLOWS + ("targets", "hosts")) <= allowed | {part}
        assert not {flow(name) for name in ours} & {"ext", "cli", "maintenance.install"}
    if part == "exports":
        outside = {name for name in ours if flow(name) != "exports"}
        assert outside <= {"access", "exports.rights", "exports.published", "exports.record_json", "dataset"}
    if part in ("client", "compat", "config", "dataset", "errors", "keyring"):
        assert ours <= {"client", "compat", "config", "dataset", "errors"}
    if module.startswith("hosts."):
        folder = module.split(".")[1]
        folders = {name.split(".")[1] for name in PACKAGES if name.startswith("hosts.")}
        assert {name.split(".")[1] for name in ours if name.startswith("hosts.")} & folders <= {folder}
    assert part in ("hosts", "ext") or not any(name.startswith("hosts") for name in ours)
    if "invenio_files_rest" in others:
        assert part == "hosts" or module == "uploads.guard"


@pytest.mark.parametrize("module", PURE)
def test_deciding_modules_need_no_application_and_no_database(module):
    others = closure(module)[1]
    heavy = ("flask", "werkzeug", "sqlalchemy", "celery", "click")
    assert not [name for name in others if name.startswith("invenio") or name in heavy]


def test_the_audit_of_routes_imports_no_application_itself():
    assert imports("uploads.audit") == ({"uploads.gate"}, {"typing"})


def test_importing_the_package_imports_nothing_and_the_client_little():
    assert imports("") == (set(), set())
    assert imports("client") == (set(), set(OF_CLIENT.split()) | {"uuid"})
    assert not [node for node in ast.walk(TREES["client"]) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("module", sorted(set(TREES) - {"compat"}))
def test_only_compat_looks_at_versions(module):
    looks = {"__version__", "version_info", "hexversion", "version_tuple"}
    assert not imports(module)[1] & {"packaging", "pkg_resources", "importlib_metadata"}
    for node in ast.walk(TREES[module]):
        assert not (isinstance(node, ast.Attribute) and node.attr in looks)
        assert not (isinstance(node, ast.Constant) and node.value in looks)
        assert not (isinstance(node, ast.Name) and node.id in looks and isinstance(node.ctx, ast.Load))
        assert not (isinstance(node, (ast.Import, ast.ImportFrom)) and "importlib.metadata" in ast.dump(node))


@pytest.mark.parametrize("module", sorted(TREES))
def test_every_module_and_whatever_is_public_says_what_it_is(module):
    tree = TREES[module]
    named = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    silent = [node.name for node in named if not node.name.startswith("_") and not ast.get_docstring(node)]
    assert ast.get_docstring(tree) and silent == []

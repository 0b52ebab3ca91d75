import ast
import re
import sys
from pathlib import Path

from graphlib import TopologicalSorter

PACKAGE = Path(__file__).resolve().parents[1] / "secureb2share_ext"
NAME = PACKAGE.name
# what every room may import; a module of it only those before it
GROUND = (
    "client compat errors characters dataset config proxies problems caching drain routes keyring instance names stops"
).split()
# room: the rooms that it imports, views and functions included; the order of the rooms follows from it
ROOMS = {
    "alembic": "",
    "descriptions": "",
    "exports": "descriptions",
    "outbox": "",
    "reader": "",
    "pages": "descriptions exports",
    "uploads": "pages",
    "sign_in": "descriptions pages uploads",
    "datasets": "descriptions exports outbox",
    "messages": "datasets descriptions outbox",
    "access": "datasets exports pages",
    "targets": "access descriptions",
    "legacy": "descriptions messages",
    "comparing": "descriptions pages",
    "describing": "comparing datasets descriptions pages",
    "reviewing": "comparing datasets describing exports pages",
    "maintenance": "datasets legacy outbox sign_in uploads",
    "operating": "datasets maintenance outbox pages sign_in",
    "hosts": (
        "access datasets describing descriptions exports legacy messages operating outbox pages reviewing sign_in"
        " uploads"
    ),
    "cli": "access datasets legacy maintenance messages outbox sign_in uploads",
    "ext": "access cli datasets hosts maintenance messages outbox sign_in targets uploads",
    # ships for tests; no other room imports it
    "testing": "datasets ext hosts messages outbox targets",
}
HOST_MODULES = {
    "b2share", "invenio_records_rest", "invenio_rdm_records", "invenio_records_resources", "invenio_deposit",
}  # fmt: skip
# rooms, and modules of others, that decide: they need no application and no database
PURE = """
    caching characters client reader dataset errors descriptions exports
    messages.message messages.openapi messages.origin messages.partition messages.rems_event messages.rems_history
    messages.sources access.rems_resource
    outbox.event outbox.mark outbox.receipt outbox.retry outbox.suspects
    targets.egress targets.rems targets.rems_check targets.rems_duo targets.rems_plan targets.rems_registration
    targets.rems_session targets.rems_settings
    targets.tsd targets.tsd_row targets.tsd_secret targets.webhook
    access.link access.nginx_map access.providers access.reference legacy.holder legacy.listing legacy.manifest
    describing.buttons describing.conditions describing.faults describing.fields describing.form describing.groups
    describing.limits describing.names describing.values
    testing.openid_pages testing.openid_requests testing.openid_tokens
    testing.rems_answers testing.rems_applications testing.rems_events testing.rems_routes testing.rems_store
    sign_in.buttons sign_in.discovery sign_in.id_token sign_in.roles sign_in.rules sign_in.settings
    operating.standing pages.marking comparing.comparison comparing.difference uploads.comparison
    maintenance.expiry maintenance.findings maintenance.report maintenance.sign_in
    hosts.records_rest.mapping hosts.records_rest.search_mapping
    hosts.b2share2.block hosts.b2share2.languages hosts.b2share2.mapping
    hosts.rdm.fields.creators hosts.rdm.fields.deposit_form hosts.rdm.fields.error_paths hosts.rdm.fields.html
    hosts.rdm.fields.languages hosts.rdm.fields.mapping hosts.rdm.fields.names hosts.rdm.fields.validation_errors
""".split()
HEAVY = {"flask", "werkzeug", "sqlalchemy", "celery", "click"}
OF_CLIENT = set(
    "base64 binascii calendar cryptography datetime functools hashlib hmac http json re requests time urllib".split()
)

# beside client.py, of which the one or the other form is imported
OF_READER = set(
    """
    argparse client contextlib email hashlib hmac json logging os re requests secrets smtplib sqlite3 ssl sys time uuid
    """.split()
)


def _name(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
PACKAGES = {_name(path) for path in PACKAGE.rglob("__init__.py")}


def for_types_alone(module):
    """The imports under TYPE_CHECKING, which no program executes."""
    tests = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.If)]
    return [one for node in tests if "'TYPE_CHECKING'" in ast.dump(node.test) for one in node.body]


def imports(module):
    # (dotted names inside the package, top-level names of other ones), also those inside functions
    ours, others, never = set(), set(), for_types_alone(module)
    here = module.split(".") if module else []
    for node in ast.walk(TREES[module]):
        if node in never:
            continue
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


IMPORTS = {module: imports(module) for module in TREES}


def closure(module):
    # the foreign modules that importing a module imports, by way of the packages above it too
    seen, others, waiting = set(), set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            ours, more = IMPORTS[name]
            others |= more
            waiting.extend(ours | {".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)})
    return others


def room(module):
    return module.split(".")[0]


def test_the_reader_of_imports_reads_them():
    assert {"datasets.store", "access.destination"} <= IMPORTS["access.views"][0]
    assert "targets.webhook" in IMPORTS["targets"][0] and "cli" in IMPORTS["ext"][0]
    assert "invenio_db" in IMPORTS["datasets.models"][1]


def test_no_room_imports_one_that_imports_it():
    allowed = {name: set(row.split()) for name, row in ROOMS.items()}
    list(TopologicalSorter(allowed).static_order())  # CycleError names the rooms of a circle
    allowed.update((name, set(GROUND[:number])) for number, name in enumerate(GROUND))
    assert {room(module) for module in TREES} - {""} <= set(allowed)
    used, wrong = set(), []
    for module, (ours, _) in IMPORTS.items():
        for other in sorted(ours):
            arrow = room(module), room(other)
            used.add(arrow)
            fits = arrow[0] == arrow[1] or arrow[1] in allowed[arrow[0]] or (arrow[0] in ROOMS and arrow[1] in GROUND)
            if not fits:
                wrong.append("%s imports %s" % (module, other))
    assert not wrong, "\n".join(sorted(wrong))
    unused = {(name, other) for name in ROOMS for other in allowed[name]} - used
    assert unused == set(), "the table permits what nobody needs"


def test_one_module_names_types_that_stand_above_it():
    assert [module for module in TREES if for_types_alone(module)] == ["proxies"]


def test_only_hosts_know_a_host_and_none_knows_another():
    wrong = []
    for module, (ours, others) in IMPORTS.items():
        if room(module) != "hosts" and others & HOST_MODULES:
            wrong.append((module, others & HOST_MODULES))
        if "invenio_files_rest" in others and room(module) != "hosts" and module != "uploads.guard":
            wrong.append((module, "invenio_files_rest"))
        folders = {name for name in PACKAGES if name.startswith("hosts.") and name.count(".") == 1}
        if module.startswith("hosts."):
            own = ".".join(module.split(".")[:2])
            wrong += [(module, name) for name in ours if ".".join(name.split(".")[:2]) in folders - {own}]
    assert wrong == []


def test_deciding_modules_need_no_application_and_no_database():
    assert [name for name in PURE if name not in TREES] == []
    deciding = {module for module in TREES for name in PURE if (module + ".").startswith(name + ".")}
    needs = {module: {n for n in closure(module) if n in HEAVY or n.startswith("invenio")} for module in deciding}
    assert {module: found for module, found in needs.items() if found} == {}
    assert IMPORTS["uploads.audit"] == ({"uploads.gate"}, {"typing"})


def test_importing_the_package_imports_nothing_and_the_client_little():
    assert IMPORTS[""] == (set(), set())
    assert IMPORTS["client"] == (set(), OF_CLIENT | {"typing", "uuid"})
    assert not [node for node in ast.walk(TREES["client"]) if isinstance(node, ast.ImportFrom) and node.level]


def test_the_reader_needs_the_standard_library_and_the_client():
    assert IMPORTS["reader"] == ({"client"}, OF_READER | {"typing"})
    assert OF_READER - {"client", "requests"} <= set(sys.stdlib_module_names)


def test_only_compat_looks_at_versions():
    looks, wrong = {"__version__", "version_info", "hexversion", "version_tuple"}, []
    for module in set(TREES) - {"compat"}:
        wrong += [(module, name) for name in IMPORTS[module][1] & {"packaging", "pkg_resources", "importlib_metadata"}]
        for node in ast.walk(TREES[module]):
            word = getattr(node, "attr", None) or getattr(node, "value", None)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                word = node.id
            named = isinstance(word, str) and word in looks
            if named or (isinstance(node, (ast.Import, ast.ImportFrom)) and "importlib.metadata" in ast.dump(node)):
                wrong.append((module, node.lineno))
    assert wrong == []


def test_every_error_of_ours_stands_in_the_tree_of_errors():
    # what the secure side's half raises stands in client.py, which is carried alone
    errors = {"Exception"} | {node.name for node in ast.walk(TREES["errors"]) if isinstance(node, ast.ClassDef)}
    elsewhere = [
        "%s.%s" % (module, node.name)
        for module in sorted(set(TREES) - {"errors", "client"})
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.ClassDef) and {ast.dump(base) for base in node.bases} & _named(errors)
    ]
    drawn = ast.get_docstring(TREES["errors"])
    assert elsewhere == [] and sorted(name for name in errors - {"Exception"} if name not in drawn) == []


def _named(names):
    # as the base of a class may name them, with and without the module
    bases = [ast.parse(spelt % name, mode="eval").body for name in names for spelt in ("%s", "errors.%s")]
    return {ast.dump(base) for base in bases}


def test_whatever_is_public_has_types():
    untyped = []
    for module, tree in TREES.items():
        for name, function in _public(tree):
            arguments = function.args
            every = arguments.args + arguments.kwonlyargs + [arguments.vararg, arguments.kwarg]
            bare = [one.arg for one in every if one and one.annotation is None and one.arg not in ("self", "cls")]
            if bare or function.returns is None:
                untyped.append("%s.%s %s" % (module, name, bare))
    assert untyped == []


def _public(node, before=""):
    """Yield (name, function) of the functions of a module, and of the methods of its classes, that are public."""
    for one in node.body:
        is_public = not one.name.startswith("_") if hasattr(one, "name") else False
        if isinstance(one, ast.ClassDef) and is_public:
            yield from _public(one, one.name + ".")
        elif isinstance(one, ast.FunctionDef) and (is_public or one.name in ("__init__", "__call__")):
            yield before + one.name, one


def test_no_docstring_begins_with_a_question():
    asking = re.compile(r"[^.:\n]*\?(\s|$)|(Does|Is|Are|May|Can|Must|Who|Why|How)\b")
    places = [(module, node) for module, tree in TREES.items() for node in ast.walk(tree)]
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    told = [(module, ast.get_docstring(node) or "") for module, node in places if isinstance(node, kinds)]
    assert [(module, text.splitlines()[0]) for module, text in told if asking.match(text)] == []


def test_every_module_and_whatever_is_public_says_what_it_is():
    silent = [module for module, tree in TREES.items() if not ast.get_docstring(tree)]
    for module, tree in TREES.items():
        named = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
        silent += [
            "%s.%s" % (module, node.name)
            for node in named
            if not node.name.startswith("_") and not ast.get_docstring(node)
        ]
    assert silent == []

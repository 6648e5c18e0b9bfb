"""The rules of ARCHITECTURE.md: imports point upward, heavy libraries stay at home, the package loads lazily.

All imports count: inside of functions, by strings, in tables of lazy names. Those for type checkers alone may point
downward where ``TYPES_BELOW`` says so.
"""

from __future__ import annotations

import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

import visuosyn
from tests.source_tree import (
    FILES,
    TRAINING,
    Import,
    computed_loads,
    imports,
    imports_of,
    of_the_package,
    relative,
    room_of,
)

ROWS = [  # each may import what stands above it, and itself
    ("errors",),
    ("data",),
    ("corpus", "lexicon"),
    ("run", "parse"),
    ("tracing",),
    ("measure",),
    ("stats",),
    ("view",),
    ("report",),
    ("microworld",),
    ("judge",),
    ("studies",),
    ("app",),
    ("cli",),
    ("__main__",),
    ("testing",),
    ("__init__",),  # the facade: it loads nothing itself, see below
]
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}
DOWNWARD = {("data/shown.py", "view")}  # as pandas and xarray load their drawing when something is looked at
TYPES_BELOW = {("data/heatmaps.py", "view")}  # what ``HeatMaps.pair`` gives
COMPUTED = {"__init__.py", "view/__init__.py", "studies/registry.py"}  # load modules by names that they put together
OF_NO_ROOM = {"__init__.py", "data/shown.py"}

AT_HOME = {
    "torch": ("tracing", "microworld", "judge", "testing", "training"),
    "diffusers": ("tracing", "microworld", "testing", "training"),
    "transformers": ("tracing", "judge", "testing", "training"),
    "tokenizers": ("testing", "training"),
    "spacy": ("parse",),
    "stanza": ("parse",),
    "fastcoref": ("parse",),
    "wn": ("lexicon",),
    "matplotlib": ("view", "report", "studies"),
    "seaborn": ("view", "studies"),
    "jinja2": ("report",),
    "scipy": ("stats", "studies"),
    "statsmodels": ("stats", "studies"),
    "skimage": ("measure",),
    "gradio": ("app",),
    "ipywidgets": ("app",),
    "typer": ("cli", "training"),
    "rich": ("cli",),
    "resvg_py": ("microworld",),
    "hypothesis": ("testing",),
    "training": ("training",),
}
HEAVY = ("torch", "diffusers", "transformers", "spacy", "matplotlib", "seaborn", "pandas", "pyarrow", "scipy", "numpy")
IN_STUDIES = [path for path in FILES if room_of(path) == "studies"]
STUDIES = {relative(path).split("/")[1] for path in IN_STUDIES if path.parent.name != "studies"}

every_file = pytest.mark.parametrize("path", FILES, ids=relative)


def test_every_kind_of_import_is_found() -> None:
    code = """import numpy as np
from visuosyn import view
if TYPE_CHECKING:
    from visuosyn.cli import main
HOME = {"html": "shown", "x": "no_module"}
TABLE = {"kind": "visuosyn.studies.registry:kind"}
def f():
    from visuosyn.data.masks import MaskRule
    return import_module(f"visuosyn.view.{HOME[x]}")
"""
    assert sorted(imports(code)) == [
        Import("numpy", 1, "statement"),
        Import("visuosyn.cli.main", 4, "types"),
        Import("visuosyn.data.masks.MaskRule", 8, "statement"),
        Import("visuosyn.studies.registry", 6, "string"),
        Import("visuosyn.view", 2, "statement"),
        Import("visuosyn.view.shown", 5, "string"),
    ]


def test_every_room_has_its_row() -> None:
    assert {room_of(path) for path in FILES} <= set(LEVEL)


@every_file
def test_imports_point_upward(path) -> None:
    own = room_of(path)
    for room, module, one in of_the_package(path):
        if room == "__init__" and one.how in ("statement", "attribute"):
            continue  # the next test
        known = DOWNWARD if one.how != "types" else DOWNWARD | TYPES_BELOW
        if room != own and (relative(path), room) not in known:
            assert LEVEL[room] < LEVEL[own], f"line {one.line} imports {module} ({one.how}), which stands below {own}"


@every_file
def test_nothing_is_taken_from_the_facade(path) -> None:
    """Its public names lie below; only the version is its own."""
    assert names_of_the_facade(path.read_text(encoding="utf-8")) <= {"__version__"}


def names_of_the_facade(code: str) -> set[str]:
    """What a source text takes from ``visuosyn`` itself and not from a room; "*" for all of it."""
    found = [one.name.split(".") for one in imports(code) if one.how != "string"]
    return {name[1] for name in found if name[0] == "visuosyn" and len(name) > 1 and name[1] not in LEVEL}


@pytest.mark.parametrize(
    "code",
    [
        "import visuosyn\nvisuosyn.study",
        "import visuosyn as vs\nvs.study",
        "import visuosyn.data\nvisuosyn.study",
        "def f():\n    import visuosyn as vs\n    return vs.study(vs.__version__)",
        "from visuosyn import study",
    ],
)
def test_a_name_of_the_facade_is_found(code: str) -> None:
    assert names_of_the_facade(code) - {"__version__"} == {"study"}


@pytest.mark.parametrize(
    "code",
    [
        "import visuosyn as vs\ngetattr(vs, 'study')",
        "import visuosyn\nhouse = visuosyn\nhouse.study",
        "import_module('visuosyn').study",
        "__import__('visuosyn').study",
        "from visuosyn import *",
    ],
)
def test_the_facade_handed_on_is_found(code: str) -> None:
    assert "*" in names_of_the_facade(code)


@pytest.mark.parametrize("head", ["import visuosyn", "import visuosyn.data", "import visuosyn as vs"])
def test_a_room_taken_as_an_attribute_is_found(head: str) -> None:
    name = head.split()[-1].split(".")[0]
    assert Import("visuosyn.studies.registry.kind", 2, "attribute") in imports(f"{head}\n{name}.studies.registry.kind")


def test_modules_with_computed_names_are_loaded_by_registries_alone() -> None:
    """The strings that these load are counted as imports above."""
    found = {relative(path) for path in FILES if computed_loads(path.read_text(encoding="utf-8"))}
    assert found == COMPUTED


@pytest.mark.parametrize(
    "line",
    [
        "import_module('visuosyn.' + x)",
        "importlib.import_module('visuosyn.{}'.format('view'))",
        "import_module(f'visuosyn.{x}')",
        "__import__('visuosyn.%s' % x)",
        "__import__(name=x)",
        "load(x)",
    ],
)
def test_a_computed_name_is_found(line: str) -> None:
    code = "from importlib import import_module as load\nimport_module('visuosyn.view')\n"
    assert computed_loads(code + line) == [3]


def test_the_exceptions_are_needed() -> None:
    """An exception that nothing uses any more would only hide the next one."""
    found = {(relative(path), room, one.how) for path in FILES for room, _, one in of_the_package(path)}
    assert {(*one, "statement") for one in DOWNWARD} <= found
    assert {(*one, "types") for one in TYPES_BELOW} <= found


def test_the_facade_loads_by_strings_alone() -> None:
    (facade,) = (path for path in FILES if relative(path) == "__init__.py")
    assert {one.how for _, _, one in of_the_package(facade)} == {"string", "types"}


def test_no_cycle_among_rooms() -> None:
    """The order above forbids one; this does not know the order."""
    needs: dict[str, set[str]] = {}
    for path in FILES:
        if relative(path) not in OF_NO_ROOM:
            rooms = {room for room, _, one in of_the_package(path) if one.how != "types"}
            needs.setdefault(room_of(path), set()).update(rooms - {"__init__", room_of(path)})
    order = list(TopologicalSorter(needs).static_order())
    assert order.index("data") < order.index("view") < order.index("studies")


@pytest.mark.parametrize("path", IN_STUDIES, ids=relative)
def test_a_study_imports_no_other_one(path) -> None:
    """And what studies share knows none of them but for the registry, which names them in strings."""
    own = relative(path).split("/")[1] if relative(path).count("/") > 1 else ""
    for room, module, one in of_the_package(path):
        study = module.split(".")[1] if room == "studies" and "." in module else ""
        if study in STUDIES and study != own:
            registered = relative(path) == "studies/registry.py" and one.how == "string"
            assert registered, f"line {one.line} imports {module}"


def test_there_are_studies() -> None:
    assert {"relations", "cohyponyms", "adjectives", "prompt"} <= STUDIES


@pytest.mark.parametrize("path", [*FILES, *TRAINING], ids=relative)
def test_heavy_libraries_stay_at_home(path) -> None:
    for one in imports_of(path):
        if one.how != "string":
            assert room_of(path) in AT_HOME.get(top(one), (room_of(path),)), f"line {one.line} imports {top(one)}"


@pytest.mark.parametrize("library", sorted(AT_HOME))
def test_every_home_is_lived_in(library: str) -> None:
    """A room that no longer needs a library is no home of it."""
    named = {room_of(path): one for path in [*FILES, *TRAINING] for one in imports_of(path) if library == top(one)}
    assert set(AT_HOME[library]) == set(named)


def top(one: Import) -> str:
    """The library of an import."""
    return one.name.split(".")[0]


def run(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


def test_the_package_itself_loads_nothing_heavy() -> None:
    code = f"import sys, visuosyn; dir(visuosyn); print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    code = f"import sys, visuosyn.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_the_data_types_need_numpy_alone() -> None:
    code = "import sys; before = set(sys.modules); import visuosyn.data; "
    code += "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
    code += "print(sorted(new - set(sys.stdlib_module_names)))"
    assert run(code) == "['numpy', 'visuosyn']"


def test_a_finished_run_is_opened_and_measured_without_torch_or_spacy() -> None:
    code = "import sys, visuosyn as vs; vs.open_run; from visuosyn.studies.registry import kind, names"
    code += "; [kind(name) for name in names()]; print({'torch', 'spacy'} & set(sys.modules))"
    assert run(code) == "set()"


def test_every_public_name_is_there() -> None:
    assert set(visuosyn.__all__) <= set(dir(visuosyn))
    for name in visuosyn.__all__:
        assert getattr(visuosyn, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = visuosyn.nothing


def test_public_names_are_plain_functions_and_classes() -> None:
    """No module is called like a function, and no public name is that of a submodule, which would shadow it."""
    kinds = {name: type(getattr(visuosyn, name)).__name__ for name in visuosyn.__all__}
    assert set(kinds.values()) <= {"function", "type"}, kinds
    assert not set(visuosyn.__all__) & {room_of(path) for path in FILES}

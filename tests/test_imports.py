"""The rules of ARCHITECTURE.md: imports point upward, heavy libraries stay at home, the package loads lazily."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import visuosyn

PACKAGE = Path(visuosyn.__file__).parent
ROWS = [
    ("__init__", "errors"),
    ("data",),
    ("lexicon",),
    ("corpus",),
    ("run",),
    ("parse",),
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
]
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}
AT_HOME = {
    "torch": {"tracing", "microworld", "judge", "testing"},
    "diffusers": {"tracing", "microworld", "testing"},
    "transformers": {"tracing", "microworld", "judge", "testing"},
    "tokenizers": {"tracing", "microworld", "testing"},
    "spacy": {"parse"},
    "stanza": {"parse"},
    "fastcoref": {"parse"},
    "matplotlib": {"report"},
    "seaborn": {"report"},
    "jinja2": {"report"},
    "scipy": {"stats"},
    "skimage": {"measure"},
    "statsmodels": {"stats"},
    "gradio": {"app"},
    "ipywidgets": {"app"},
    "typer": {"cli"},
    "rich": {"cli"},
    "resvg_py": {"microworld"},
    "hypothesis": {"testing"},
}
HEAVY = ("torch", "diffusers", "transformers", "spacy", "matplotlib", "seaborn", "pandas", "pyarrow", "scipy", "numpy")
FILES = sorted(PACKAGE.rglob("*.py"))


def folder_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(tree: ast.AST) -> list[str]:
    """Full names of all imports, but those for type checkers only."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.module == "visuosyn":
                found += [f"visuosyn.{alias.name}" for alias in node.names]
            else:
                found.append(node.module or "")
        found += imported(node)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_of(path):
    own = folder_of(path)
    for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
        library, _, rest = name.partition(".")
        if library == "visuosyn":
            other = rest.split(".")[0] or "__init__"
            if other in LEVEL:  # other names are values such as __version__
                assert LEVEL[other] < LEVEL[own] or other == own, f"{path} imports {name}, which stands below it"
        else:
            assert own in AT_HOME.get(library, {own}), f"{path} imports {library}"


def test_every_folder_has_its_row():
    assert {folder_of(path) for path in FILES} <= set(LEVEL)


def run(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


def test_the_package_itself_loads_nothing_heavy():
    code = f"import sys, visuosyn; dir(visuosyn); print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_the_command_line_loads_nothing_heavy_before_a_command_runs():
    code = f"import sys, visuosyn.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_a_finished_run_is_opened_and_measured_without_torch_or_spacy():
    code = "import sys, visuosyn as vs; vs.open_run; import visuosyn.studies.stages"
    code += "; print({'torch', 'spacy'} & set(sys.modules))"
    assert run(code) == "set()"


def test_every_public_name_is_there():
    assert set(visuosyn.__all__) <= set(dir(visuosyn))
    for name in visuosyn.__all__:
        assert getattr(visuosyn, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = visuosyn.nothing

"""What readers copy from the README, from docs/ and from the notebooks is well typed, so its names are right, too."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# A notebook uses a name again for something else, and has ``display`` without an import.
HEADER = "# mypy: allow-redefinition\ndef display(*things: object) -> None: ...\n"


def snippets(path: Path) -> list[str]:
    """The Python code of a document, block by block, or of a notebook, cell by cell; lines for IPython are left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return BLOCK.findall(text)
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return ["\n".join(line for line in cell.splitlines() if not line.startswith(("%", "!"))) for cell in cells]


def complaints(folder: Path, modules: dict[str, str]) -> list[str]:
    """What mypy says of modules, checked beside the package so that both share one cache."""
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(HEADER + code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "visuosyn", *map(str, sorted(folder.glob("*.py")))]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stdout + found.stderr
    lines = (
        line.partition(".py:") for line in found.stdout.splitlines()
    )  # a cached line has the folder of another call
    return [f"{Path(path).name}.py:{rest}" for path, _, rest in lines if Path(path).name in modules]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All complaints of one call: it takes seconds, and half a minute without a cache."""
    modules = {re.sub(r"\W", "_", f"of_{path.name}"): "\n\n".join(snippets(path)) for path in [*DOCUMENTS, *NOTEBOOKS]}
    wrong = {"wrong": "import visuosyn as vs\n\nvs.study.preset('paper')\nvs.no_such_name\nvs.look(3)\n"}
    return complaints(tmp_path_factory.mktemp("snippets"), modules | wrong)


def test_there_are_snippets() -> None:
    assert sum(map(len, map(snippets, DOCUMENTS))) >= 2
    assert all(len(snippets(path)) > 3 for path in NOTEBOOKS)


def test_wrong_snippets_are_found(found: list[str]) -> None:
    assert [int(line.split(":")[1]) - 2 for line in found if line.startswith("wrong.py")] == [3, 4, 5]


def test_snippets_are_well_typed(found: list[str]) -> None:
    assert [line for line in found if not line.startswith("wrong.py")] == []

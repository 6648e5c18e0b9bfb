"""The rooms of the microworld import one way, no study, and nothing that only training needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import visuosyn

PACKAGE = Path(visuosyn.__file__).parent
ROOMS = ("world", "judge", "scoring")
MICROWORLD = "visuosyn.microworld"
MODULES = [(room, path) for room in ROOMS for path in sorted((PACKAGE / "microworld" / room).glob("*.py"))]


def imported(path: Path) -> set[str]:
    """Full names of everything that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_every_module_stands_in_a_room() -> None:
    found = {path for path in (PACKAGE / "microworld").rglob("*.py") if path.parent != PACKAGE / "microworld"}
    assert found == {path for _, path in MODULES}


@pytest.mark.parametrize(("room", "path"), MODULES, ids=lambda given: getattr(given, "stem", given))
def test_rooms_import_one_way(room: str, path: Path) -> None:
    above = ROOMS[ROOMS.index(room) + 1 :]
    refused = [*(f"{MICROWORLD}.{other}" for other in above), "visuosyn.studies", "visuosyn.judge", "visuosyn.cli"]
    assert [name for name in imported(path) for start in refused if f"{name}.".startswith(f"{start}.")] == []


def test_the_package_does_not_import_training() -> None:
    users = [path for path in PACKAGE.rglob("*.py") if any(name.split(".")[0] == "training" for name in imported(path))]
    assert users == []


def test_the_commands_of_training_are_listed_without_loading_torch() -> None:
    code = "import sys, training.__main__ as main; commands = main.app.registered_commands; "
    code += "print(sorted(one.name or one.callback.__name__ for one in commands), 'torch' in sys.modules)"
    found = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=PACKAGE.parent).strip()
    assert found == "['decoder', 'evaluate', 'export', 'train', 'train-judge'] False"

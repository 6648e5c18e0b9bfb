"""The notebooks as they are kept: run to the end, and free of paths of the machine they ran on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(r"/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\")


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_kept_outputs_are_whole_and_show_no_error_and_no_path_of_a_machine(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = [value for o in outputs for kind, value in o.get("data", {}).items() if not kind.startswith("image/")]
    shown = json.dumps([texts, [o.get("text") for o in outputs]])
    assert outputs and all(output["output_type"] != "error" for output in outputs)
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]))
    assert path.stat().st_size < 1_500_000
    assert not MACHINE.search(re.sub(r"base64,[^\"')\\]+", "", shown)), MACHINE.search(shown)

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from visuosyn.testing import tiny_pipeline

SD3 = Path(__file__).with_name("sd3_family.py")


@pytest.fixture(scope="session")
def pipelines() -> Callable[[str], Any]:
    """Tiny pipelines, each built once; they have no state that a call leaves behind."""
    built: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in built:
            built[name] = tiny_pipeline(name)
        return built[name]

    return get


@pytest.fixture
def pipe(pipelines: Callable[[str], Any]) -> Any:
    return pipelines("sd1")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Installs a package with one module and one entry point for a family, as pip would, for the length of a test."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    loaded = set(sys.modules)

    def put(source: str, value: str) -> None:
        module = value.partition(":")[0]
        facts = site / f"{module}-1.0.dist-info"
        facts.mkdir()
        (site / f"{module}.py").write_text(source, encoding="utf-8")
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (facts / "entry_points.txt").write_text(f"[visuosyn.families]\n{module} = {value}\n", encoding="utf-8")

    yield put
    for name in set(sys.modules) - loaded:
        if str(site) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def sd3_installed(install: Callable[[str, str], None]) -> None:
    """The family of ``sd3_family.py``, in a package of its own."""
    install(SD3.read_text(encoding="utf-8"), "their_sd3:StableDiffusion3")

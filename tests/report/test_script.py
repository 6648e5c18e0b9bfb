"""The page's script works out areas and overlaps again for the slider: it must agree with the Python rules."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from tests.builder import heat_maps, sentence
from visuosyn.data.masks import MaskRule
from visuosyn.measure.overlap import overlaps
from visuosyn.view.overlays import heat, map_sprite

RULES = ("relative:0.3", "relative:0.77", "absolute:0.02", "summed:0.15", "area:0.1", "area:0.25", "soft")
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")


def run_script(tmp_path: Path, program: str) -> object:
    source = files("visuosyn.report").joinpath("templates/maps.js").read_text(encoding="utf-8")
    path = tmp_path / "try.js"
    path.write_text(f'const VISUOSYN = {{ colours: "000000" }};\n{source}\n{program}', encoding="utf-8")
    done = subprocess.run([str(NODE), str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_areas_and_overlaps_agree_with_the_rules_of_the_package(tmp_path: Path) -> None:
    maps = heat_maps(sentence("a monkey with a hat walking"), seed=2)
    tops = maps.array.max(axis=(1, 2))
    eighth = np.asarray(map_sprite(maps), dtype=np.float32).reshape(maps.array.shape) / np.float32(255)
    card = {
        "maps": eighth.reshape(len(maps), -1).tolist(),
        "data": {"words": [["", float(top)] for top in tops], "steps": maps.steps},
    }
    program = f"""
    const card = {json.dumps(card)}; card.maps = card.maps.map((m) => Float32Array.from(m));
    console.log(JSON.stringify({json.dumps(RULES)}.map((rule) => ({{
      areas: card.maps.map((_, w) => [...area(card, w, rule)]),
      overlap: overlap(area(card, 1, rule), area(card, 4, rule)) }}))));"""
    found = run_script(tmp_path, program)
    for rule, one in zip(RULES, found, strict=True):
        area = MaskRule.parse(rule).apply(eighth * tops[:, None, None], steps=maps.steps)
        assert np.allclose(np.reshape(one["areas"], area.shape), area, atol=1e-6), rule
        wanted = overlaps(area, np.array([1]), np.array([4]), soft=rule == "soft")
        expected = [1000 * float(getattr(wanted, name)[0]) for name in ("iou", "iod", "ioh")]
        got = [np.nan if value is None else value for value in one["overlap"]]
        assert got == pytest.approx(expected, nan_ok=True, rel=1e-5), rule


def test_maps_are_enlarged_as_in_the_overlays(tmp_path: Path) -> None:
    maps = heat_maps(sentence("a red ball"))
    array = maps.array[1] / maps.array[1].max()
    program = f"""
    const map = Float32Array.from({json.dumps(array.ravel().tolist())});
    console.log(JSON.stringify([...enlarge(map, {list(maps.grid)}, 36, 24, true)]));"""
    found = np.reshape(run_script(tmp_path, program), (24, 36))
    assert np.allclose(np.clip(found, 0, 1), heat(array, (36, 24)), atol=1e-5)

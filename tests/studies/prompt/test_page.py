from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.builder import RULES, heat_maps, pair_rows, sentence
from tests.studies.relations.test_page import EVIL, Page, evil_sentence
from visuosyn.errors import UserError
from visuosyn.studies.prompt.page import explain_page
from visuosyn.view.overlays import common_scale, display_size, overlay

TREE = sentence("a dog and a cat")


def test_files_of_a_prompt(tmp_path: Path) -> None:
    maps = heat_maps(TREE, seed=5)
    page = explain_page(maps, TREE, pair_rows(maps, TREE), tmp_path / "out")
    assert page == tmp_path / "out" / "index.html"
    names = sorted(path.name for path in (page.parent / "overlays").iterdir())
    assert names == ["00-a.png", "01-dog.png", "02-and.png", "03-a.png", "04-cat.png"]
    with Image.open(page.parent / "overlays" / "04-cat.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(overlay(maps.image, maps["cat"], size=display_size(maps))))
        assert image.text["Description"] == f"cat: brightest at {maps['cat'].array.max():.4g} of the attention"
    with Image.open(page.parent / "image.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(maps.image))
    pairs = pd.read_csv(page.parent / "pairs.csv")
    assert len(pairs) == 10 * len(RULES)
    assert (page.parent / "tree.svg").read_text(encoding="utf-8").startswith("<svg xmlns=")


def test_the_page_is_one_file(tmp_path: Path) -> None:
    maps = heat_maps(TREE)
    page = Page(explain_page(maps, TREE, pair_rows(maps, TREE), tmp_path))
    assert all(str(attrs["src"]).startswith("data:") for attrs in page.all("img"))
    assert all("src" not in attrs for attrs in page.all("script"))
    rows = [attrs for attrs in page.all("tbody") if "data-mask" in attrs]
    assert [attrs["data-mask"] for attrs in rows] == list(RULES)
    assert [attrs["data-mask"] for attrs in rows if "hidden" not in attrs] == ["relative:0.4"]
    assert len(page.html) < 300_000


def test_one_scale_for_all_words_is_described(tmp_path: Path) -> None:
    maps = heat_maps(TREE)
    explain_page(maps, TREE, pair_rows(maps, TREE), tmp_path, common=True)
    with Image.open(tmp_path / "overlays" / "00-a.png") as image:
        assert image.text["Description"] == f"a: brightest at {common_scale(maps):.4g} of the attention"


def test_overlays_of_an_earlier_prompt_go(tmp_path: Path) -> None:
    for tree in (sentence("a monkey with a hat walking"), sentence("a red ball")):
        maps = heat_maps(tree)
        explain_page(maps, tree, pair_rows(maps, tree), tmp_path)
    assert sorted(p.name for p in (tmp_path / "overlays").iterdir()) == ["00-a.png", "01-red.png", "02-ball.png"]


def test_a_hostile_prompt_is_text(tmp_path: Path) -> None:
    tree = evil_sentence()
    maps = heat_maps(tree)
    page = Page(explain_page(maps, tree, pair_rows(maps, tree), tmp_path))
    assert len(page.all("script")) == 3 and EVIL in page.text
    assert all(path.parent == tmp_path / "overlays" for path in (tmp_path / "overlays").rglob("*"))


def test_what_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    maps = heat_maps(TREE)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match="cannot write the explanation"):
        explain_page(maps, TREE, pair_rows(maps, TREE), tmp_path / "out")


def test_another_sentence_is_refused(tmp_path: Path) -> None:
    maps = heat_maps(TREE)
    with pytest.raises(UserError, match="pass the sentence that was drawn"):
        explain_page(maps, sentence("a red ball"), pair_rows(maps, TREE), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_words_the_model_was_never_taught_are_named(tmp_path: Path) -> None:
    maps = heat_maps(TREE)
    page = explain_page(maps, TREE, pair_rows(maps, TREE), tmp_path, unknown=["<b>"])
    assert "Outside the model’s vocabulary: &lt;b&gt;." in page.read_text(encoding="utf-8")

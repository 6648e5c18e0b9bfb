"""The adjectival study from templates to the page, with a tiny random model and a judge made by hand."""

from __future__ import annotations

import json
import re
import shutil
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from visuosyn.cli import app
from visuosyn.data import Sentence
from visuosyn.errors import UserError
from visuosyn.judge import Verdict
from visuosyn.measure.regions import object_regions, region_change
from visuosyn.run import read_shard
from visuosyn.studies.adjectives.gallery import draw_figures
from visuosyn.studies.adjectives.redraw import reused_shard
from visuosyn.studies.adjectives.study import ADJECTIVES, adjectives
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import draw, generator, split_words

TEMPLATES = """template,adjectives,swap
a {} [ball] and a [cat],red|dog,hat
the {} [hat],red|skateboarding|dog,
a {} [ball] and a {} [hat],red|dog,
"""
OPTIONS = {"steps": 2, "seeds": "0-1", "batch_size": 4, "masks": ("relative:0.4", "soft")}
KNOWN = frozenset({"ball", "cat", "hat", "red ball", "red cat", "red hat", "dog ball", "dog cat", "dog hat"})


class Halves:
    """Finds a ball to the left, anything else to the right, and colours by which channel is the brightest."""

    name = "halves"
    facts = MappingProxyType({"judge": "made by hand"})
    nouns = KNOWN | {"skateboarding hat"}

    def judge(self, image, nouns):
        return [self.one(image, noun.split()) for noun in nouns]

    def one(self, image, words):
        mask = np.zeros(image.shape[:2], dtype=bool)
        half = mask.shape[1] // 2
        mask[:, :half] = words[-1] == "ball"
        mask[:, half:] = words[-1] != "ball"
        brightest = ("red", "dog", "skateboarding")[int(np.argmax(image[mask].mean(axis=0)))]
        present = len(words) == 1 or words[0] == brightest
        return Verdict(" ".join(words), present, float(present), int(present), mask)


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline("sd1")


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    path = tmp_path_factory.mktemp("templates") / "templates.csv"
    path.write_text(TEMPLATES)
    return path


@pytest.fixture(scope="module")
def done(templates, pipeline, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "a"
    return adjectives(out=out, templates=templates, model=pipeline, judge=Halves(), **OPTIONS)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".parquet", ".csv", ".conllu"}
    }


def test_what_is_in_the_folder(done):
    path = done.folder.path
    assert {"run.json", "design.csv", "nouns.csv", "judge.json", "dropped.csv", "index.html"} <= {
        one.name for one in path.iterdir()
    }
    assert json.loads((path / "run.json").read_text())["study"] == "adjectives"
    assert {one.stem for one in (path / "tables").iterdir()} >= {"leakage", "changes", "own_colour", "bindings"}
    assert (path / "figures" / "strip_t01.png").exists()


def test_rows_are_those_of_the_design(done):
    design = pd.read_csv(done.folder.path / "design.csv", keep_default_na=False)
    assert list(design["text"]) == [
        *("a red ball and a cat", "a dog ball and a cat", "a ball and a cat", "a red hat and a cat"),
        *("the red hat", "the skateboarding hat", "the dog hat", "the hat"),
        *("a red ball and a dog hat", "a dog ball and a red hat"),
    ]
    leakage = done.rows("leakage")
    assert len(leakage) == (2 + 3 + 2 * 2) * 2 * 2  # adjectives, seeds, rules
    changes = done.rows("changes").groupby(["template", "comparison"]).size()
    assert changes["t01"].to_dict() == {"adjective": 2, "adjective, re-used": 2, "none": 2, "noun": 2, "seed": 2}
    assert changes["t02"].to_dict() == {"adjective": 4, "adjective, re-used": 4, "none": 2, "seed": 2}
    assert set(done.rows("colours")["template"]) == {"t01", "t02"}
    assert len(done.rows("bindings")) == 4


def test_scenes_share_their_noise_and_no_other(done):
    noise = {maps.caption_id: maps.noise_id for maps in done.folder.heat_maps(seed=0)}
    assert noise["t01-red"] == noise["t01-none"] == noise["t01-noun-red"] == "t01"
    assert noise["t02-red"] == "t02"


def test_leakage_is_the_share_outside_computed_apart(done, pipeline):
    """Soft: the sum of the map over the columns of the other half, over its whole sum."""
    text = "a dog ball and a cat"
    (maps,) = draw(pipeline, [Sentence("x", text, split_words(text))], [generator("t01", 1)], steps=2)
    rows = done.rows("leakage").query("caption_id == 't01-dog' and seed == 1 and mask == 'soft'").iloc[0]
    for name, word in (("leakage", "dog"), ("noun_leakage", "ball")):
        array = maps[word].array
        assert rows[name] == pytest.approx(array[:, 8:].sum() / array.sum(), abs=2e-3)
    assert rows["on_others"] == pytest.approx(rows["leakage"])  # the cat is all that is not the ball
    assert rows["chance"] == pytest.approx(0.5)


def test_changes_are_those_of_the_pictures(done):
    free = {(m.caption_id, m.seed): np.asarray(m.image) for m in done.folder.heat_maps()}
    again = {(m.caption_id, m.seed): np.asarray(m.image) for m in read_shard(reused_shard(done.folder, 0))}
    mask = np.zeros((64, 64), dtype=bool)
    mask[:, :32] = True
    rows = done.rows("changes").query("template == 't01' and seed == 1").set_index("comparison")
    for comparison, other in (
        ("adjective", free["t01-dog", 1]),
        ("adjective, re-used", again["t01-dog", 1]),
        ("none", free["t01-none", 1]),
        ("seed", free["t01-red", 0]),
    ):
        want = region_change(free["t01-red", 1], other, object_regions((mask, mask), (~mask, ~mask)))
        for name, value in want.items():
            assert rows.loc[comparison, name] == pytest.approx(value)


def test_reused_pictures_stay_closer(done):
    """A random model, too, draws another word more alike under the first one's attention."""
    table = done.table("change_differences").query("against == 'another adjective, attention re-used'")
    assert float(table.set_index("measure")["estimate"]["rgb_outside"]) > 0


def test_the_same_again_does_nothing_and_resumed_it_is_the_same(done, templates, pipeline, tmp_path):
    want = files(done.folder.path)
    times = {path: path.stat().st_mtime_ns for path in done.folder.path.rglob("*.parquet")}
    adjectives(out=done.folder.path, templates=templates, model=pipeline, judge=Halves(), **OPTIONS)
    assert times == {path: path.stat().st_mtime_ns for path in done.folder.path.rglob("*.parquet")}
    shutil.copytree(done.folder.path, tmp_path / "b")
    for lost in ("traces/00001.parquet", "reused/00001.parquet.sha256", "measured/changes/00001.parquet", "index.html"):
        (tmp_path / "b" / lost).unlink()
    adjectives(out=tmp_path / "b", templates=templates, model=pipeline, judge=Halves(), **OPTIONS)
    assert files(tmp_path / "b") == want


def test_the_report_is_made_again_from_the_folder_alone(done, tmp_path):
    shutil.copytree(done.folder.path, tmp_path / "b")
    (tmp_path / "b" / "index.html").write_text("old")
    assert CliRunner().invoke(app, ["report", str(tmp_path / "b")]).exit_code == 0
    assert (tmp_path / "b" / "index.html").read_bytes() == done.folder.page.read_bytes()
    refused = CliRunner().invoke(app, ["measure", str(tmp_path / "b"), "--mask", "soft"])
    assert refused.exit_code == 2
    assert "cannot be loaded again" in refused.stderr


def test_a_judge_that_was_an_object_cannot_be_loaded_again(done):
    with pytest.raises(
        UserError, match=r"was given as an object, .* cannot be loaded again: call the study's function"
    ):
        ADJECTIVES.measure(done.folder)


def test_other_shares_are_another_study(done, templates, pipeline):
    options = OPTIONS | {"judge": Halves(), "cross_share": 0.5}
    with pytest.raises(UserError, match=r"holds another study: cross_share: 0\.8 there, 0\.5 now"):
        adjectives(out=done.folder.path, templates=templates, model=pipeline, **options)


class Stranger(Halves):
    name, nouns = "stranger", frozenset({"hat", "red hat"})


class Blind(Halves):
    name = "blind"

    def judge(self, image, nouns):
        return [Verdict(noun, True, 1.0) for noun in nouns]


class Wide(Halves):
    name = "wide"

    def judge(self, image, nouns):
        raise UserError("pictures must be 512 pixels wide")


def test_templates_that_the_judge_does_not_know_are_listed(templates, pipeline, tmp_path):
    found = adjectives(out=tmp_path, templates=templates, model=pipeline, judge=Stranger(), **OPTIONS)
    dropped = found.folder.dropped()
    lost = dropped[dropped["what"] == "caption"]
    assert list(lost["caption_id"]) == ["t01", "t03"]
    assert "the judge stranger does not know 'ball', 'cat'" in lost["reason"].iloc[0]
    assert set(found.rows("colours")["adjective"]) == {"red"}
    assert list(dropped.query("what == 'word'")["text"]) == ["skateboarding hat", "dog hat"]
    assert set(found.rows("leakage")["template"]) == {"t02"}


@pytest.mark.parametrize(
    ("judge", "told"),
    [(Blind(), "does not say where things are"), (Wide(), "cannot be used here: pictures must be 512")],
)
def test_judges_that_cannot_be_used_are_told_before_drawing(templates, pipeline, tmp_path, judge, told):
    with pytest.raises(UserError, match=told):
        adjectives(out=tmp_path / "run", templates=templates, model=pipeline, judge=judge, **OPTIONS)
    assert not (tmp_path / "run").exists()


def test_people_give_no_masks(templates, pipeline, tmp_path):
    (tmp_path / "ada.csv").write_text("image,noun,present\nff,cat,yes\n")
    with pytest.raises(UserError, match="people say what is there, not where"):
        adjectives(
            out=tmp_path / "run", templates=templates, model=pipeline, judge=f"person:{tmp_path / 'ada.csv'}", **OPTIONS
        )


@pytest.mark.parametrize(
    ("options", "told"),
    [({"cross_share": 1.2}, "cross_share 1.2 is out of range"), ({"self_share": -0.1}, "self_share -0.1 is out")],
)
def test_shares_are_checked_before_drawing(templates, pipeline, tmp_path, options, told):
    with pytest.raises(UserError, match=told):
        adjectives(out=tmp_path / "run", templates=templates, model=pipeline, judge=Halves(), **OPTIONS | options)
    assert not (tmp_path / "run").exists()


def test_no_template_left(pipeline, tmp_path):
    path = tmp_path / "templates.csv"
    path.write_text("template,adjectives\na {} [zebra],red|blue\n")
    with pytest.raises(UserError, match=r"no template is left: the judge halves does not know 'zebra'"):
        adjectives(out=tmp_path / "run", templates=path, model=pipeline, judge=Halves(), **OPTIONS)


def test_pictures_of_the_strip(done):
    with Image.open(done.folder.path / "figures" / "strip_t01.png") as picture:
        assert picture.size[0] > 1000
        assert np.asarray(picture.convert("L")).std() > 20


def test_numbers_on_the_page_have_a_true_minus(done):
    assert not re.search(r">\s*-\d", done.folder.page.read_text(encoding="utf-8"))


def test_one_scene_is_compared_with_no_other(done):
    design = pd.read_csv(done.folder.path / "design.csv", keep_default_na=False, dtype=str)
    every = pd.DataFrame(
        {"template": ["t01", "t02"], "measure": "another adjective: rgb_outside", "estimate": [1.0, 2]}
    )
    said = [one.caption for n in (1, 2) for one in draw_figures(done.folder, {"templates": every[:n]}, design, "soft")]
    assert [caption.startswith("One of the scenes") for caption in said] == [False, True, True]

"""``visuosyn world``: data sets, drawing, scoring; prompts are balanced; a stopped run goes on."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from visuosyn.cli import app
from visuosyn.corpus import conllu
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.scoring import drawing, score_card
from visuosyn.microworld.scoring import score as scoring
from visuosyn.microworld.scoring.prompts import prompts
from visuosyn.microworld.world import words
from visuosyn.microworld.world.layouts import said_pairs
from visuosyn.microworld.world.render_set import render
from visuosyn.microworld.world.scenes import sample, vocabulary
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import load_pipeline

QUICK = drawing.Plan(count=25, steps=1, batch_size=5, scenes=2)


def test_prompts_are_balanced_and_hold_out_what_they_say() -> None:
    asked = prompts(1000)
    assert len({prompt.name for prompt in asked}) == 1000 and asked == prompts(1000)
    assert asked != prompts(1000, seed=1)
    one = Counter(prompt.mentions[0].noun for prompt in asked if prompt.sort == "one")
    assert set(one) == set(words.NOUNS) and max(one.values()) - min(one.values()) <= 1
    for prompt in asked:
        assert prompt.held_out == (not words.held_out().isdisjoint(said_pairs(prompt.mentions)))
        assert prompt.held_out or prompt.sort != "one, held out"
        assert set(re.findall(r"[\w]+|,", prompt.text)) <= set(vocabulary())
    assert {prompt.sort for prompt in asked if prompt.held_out} == {"one, held out", "pair"}
    described = [prompt.mentions[0] for prompt in asked if prompt.sort == "one, described"]
    assert all(bool(mention.size) != bool(mention.pattern) and not mention.colour for mention in described)
    assert {mention.size or mention.pattern for mention in described} == {*words.SIZES, *words.PATTERNS}
    assert len({mention.noun for mention in described}) >= 20
    pairs = [prompt.held_out for prompt in asked if prompt.sort == "pair"]
    assert sum(pairs) == len(pairs) / 2
    assert Counter(prompt.relation for prompt in asked if prompt.sort == "relation") == dict.fromkeys(
        ("to the left of", "to the right of", "on", "under"), 50
    )
    assert {prompt.asked for prompt in asked if prompt.sort == "count"} == {1, 2, 3}


@pytest.mark.parametrize("count", [25, 100, 333])
def test_there_are_as_many_prompts_as_asked_for(count: int) -> None:
    assert len(prompts(count)) == count


def test_too_few_prompts_are_refused() -> None:
    with pytest.raises(UserError, match="at least 25"):
        prompts(24)


def test_a_rendered_set_holds_its_scenes(tmp_path: Path) -> None:
    render(6, tmp_path / "set", seed=40, split="held-out", processes=1)
    sentences = list(conllu.read((tmp_path / "set" / "captions.conllu").read_text()))
    lines = [json.loads(line) for line in (tmp_path / "set" / "scenes.jsonl").read_text().splitlines()]
    assert len(sentences) == len(lines) == 6
    for number, (sentence, line) in enumerate(zip(sentences, lines, strict=True)):
        scene = sample(40 + number, split="held-out")
        image, mask = (
            np.asarray(Image.open(tmp_path / "set" / kind / f"{number:06}.png")) for kind in ("images", "masks")
        )
        assert np.array_equal(image, scene.image) and sentence.text == line["caption"] == scene.caption
        assert sentence.id == f"{number:06}"
        for place, thing in enumerate(scene.objects, start=1):
            assert np.array_equal(mask == place, thing.mask) and line["things"][place - 1]["noun"] == thing.noun
        assert np.array_equal(mask == 255, scene.ground_mask)
        shown = {place: np.isin(mask, numbers) for place, numbers in enumerate(line["words"]) if numbers}
        assert shown.keys() == scene.masks.keys()
        assert all(np.array_equal(shown[place], scene.masks[place]) for place in shown)


@pytest.mark.slow
def test_workers_change_nothing(tmp_path: Path) -> None:
    render(130, tmp_path / "one", processes=1)
    render(130, tmp_path / "two", processes=2)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 2 * 130 + 3
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


@pytest.mark.parametrize(("count", "split", "message"), [(0, "any", "at least 1"), (3, "none", "split 'none'")])
def test_sets_that_cannot_be_are_refused(tmp_path: Path, count: int, split: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        render(count, tmp_path / "set", split=split)  # type: ignore[arg-type]
    assert not (tmp_path / "set").exists()


def test_a_full_folder_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        render(1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_draw_writes_the_prompts_picture_and_names_unknown_words(tmp_path: Path) -> None:
    command = ["world", "draw", "a zebra and a monkey", "--out", str(tmp_path / "a.png"), "--steps", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "never taught: monkey" in result.stdout
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (96, 96)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    out = tmp_path_factory.mktemp("scored")
    return out, scoring.score("micro", out=out, plan=QUICK)


def test_a_score_has_every_measure_and_its_files(scored: tuple[Path, pd.DataFrame]) -> None:
    out, figures = scored
    assert list(figures.columns) == ["measure", "group", "value", "low", "high", "n"]
    wanted = {"named by silhouette", "both there", "as many as asked", "placed", *scoring.COSTS,
              "judge, precision", "judge, recall", "attention, object: IoU at 0.4 of the maximum"}  # fmt: skip
    assert wanted <= set(figures.measure)
    stored = pd.read_csv(out / "scores.csv")
    assert np.allclose(stored.value, figures.value, rtol=1e-4) and len(stored) == len(figures)
    assert len(list((out / "pictures").glob("*.png"))) == 25 and len(pd.read_csv(out / "outcomes.csv")) == 25
    page = (out / "index.html").read_text()
    sheets = re.findall(r'src="([^"]+)"', page)
    assert sheets and all((out / sheet).is_file() for sheet in sheets)


def test_a_stopped_score_goes_on_to_the_same_figures(scored: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    out, figures = scored
    part = tmp_path / "part"
    shutil.copytree(out, part)
    lost = sorted((part / "pictures").glob("*.png"))[7:20]
    before = np.stack([np.asarray(Image.open(path), int) for path in lost])
    for path in lost:
        path.unlink()
    drawn: list[int] = []
    again = scoring.score("micro", out=part, plan=QUICK, progress=lambda stage, done, total: drawn.append(done))
    same = ~figures.measure.str.contains("seconds")
    pd.testing.assert_frame_equal(again[same], figures[same])
    after = np.stack([np.asarray(Image.open(path), int) for path in lost])
    assert np.abs(after - before).max() <= 1 and drawn == list(range(13, 26))


def test_a_folder_of_another_plan_is_refused(scored: tuple[Path, pd.DataFrame]) -> None:
    with pytest.raises(UserError, match="another model or plan"):
        scoring.score("micro", out=scored[0], plan=replace(QUICK, seed=1))


def test_models_of_other_worlds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"words\.json"):
        scoring.score(tiny_pipeline("sd1"), out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_pictures_do_not_depend_on_their_batch() -> None:
    pipeline, asked = load_pipeline("micro"), prompts(25)[:4]
    one, four = (
        np.stack([image for _, image in drawing.draw(pipeline, asked, replace(QUICK, batch_size=size))]).astype(int)
        for size in (1, 4)
    )
    assert np.abs(one - four).max() <= 1


def test_the_card_gets_the_figures_and_keeps_the_old_ones(scored: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    for name in ("training.json", "README.md"):
        shutil.copy(MODEL_DIR / name, tmp_path / name)
    (tmp_path / "evaluation.json").write_text('{"held-out error": 0.1221, "sharpness: eight layers": "0.9"}')
    card = score_card.write_card(tmp_path, scored[1]).read_text()
    known = json.loads((tmp_path / "evaluation.json").read_text())
    assert "| held-out error | 0.1221 |" in card and known["held-out error"] == 0.1221
    assert "| both there: two things | " in card
    assert not any(name.endswith((": zebra", ": eight layers")) for name in known)
    attended = [name for name in known if name.startswith("attention")]
    groups = {name.rpartition(": ")[2] for name in attended}
    assert groups == {"all layers", "held-out combinations"}  # none by kind of scene, such as "one" or "on"
    assert len([name for name in attended if "IoU at 0.4" in name]) >= 4
    assert score_card.write_card(tmp_path, scored[1]).read_text() == card


def test_a_card_needs_a_folder() -> None:
    result = CliRunner().invoke(app, ["world", "score", "--model", "some/model", "--out", "scores", "--card"])
    assert result.exit_code == 2 and "--card needs the model's folder" in result.stderr
    assert not Path("scores").exists()

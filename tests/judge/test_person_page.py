from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.judge.pictures import ASKED, run_folder
from visuosyn.cli import app
from visuosyn.corpus import conllu
from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError
from visuosyn.judge import as_image, image_key, load_judge
from visuosyn.judge.person_page import ask, compare, write_judge_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_folder(tmp_path_factory.mktemp("runs") / "a")


def picture(question):
    return as_image(Image.open(io.BytesIO(question.png)))


def test_every_picture_is_asked_for_its_nouns_and_a_foil(folder):
    questions = ask(folder)
    assert len(questions) == 6  # c4's pictures are those of c1
    names = {noun for nouns in ASKED.values() for noun in nouns}
    own = {frozenset(nouns) for nouns in ASKED.values() if nouns}
    for question in questions:
        assert question.image == image_key(picture(question))
        assert set(question.nouns) <= names
        assert len(set(question.nouns)) == len(question.nouns)
        assert any(nouns <= set(question.nouns) and len(question.nouns) == len(nouns) + 1 for nouns in own)


def test_foils_and_limit(folder):
    assert {len(question.nouns) for question in ask(folder, foils=0)} == {1, 2}
    assert {len(question.nouns) for question in ask(folder, foils=99)} == {4}  # there are four nouns in all
    assert len(ask(folder, limit=2)) == 2
    for name, number, least in (("foils", -1, 0), ("limit", 0, 1)):
        with pytest.raises(UserError) as error:
            ask(folder, **{name: number})
        assert str(error.value) == f"{name} {number} is out of range: use a whole number from {least} on"


def test_a_seed_fixes_the_order_and_another_changes_it(folder):
    assert ask(folder, seed=3) == ask(folder, seed=3)
    orders = {tuple(question.image for question in ask(folder, seed=seed)) for seed in range(8)}
    assert len(orders) > 5


def test_the_order_of_nouns_and_pictures_says_nothing(folder):
    """Over seeds, the prompt's first noun comes first about as often as not, and pictures stand anywhere."""
    firsts, places = [], []
    for seed in range(100):
        questions = ask(folder, seed=seed, foils=0)
        firsts += [question.nouns[0] for question in questions if set(question.nouns) == {"cat", "dog"}]
        places.append([question.image for question in questions].index(min(question.image for question in questions)))
    assert 0.35 < firsts.count("cat") / len(firsts) < 0.65
    assert set(places) == set(range(6))


def test_the_page_is_one_file_without_hints(folder):
    text = write_judge_page(folder).read_text()
    assert "http" not in text.replace("http-equiv", "")
    assert not re.search(r"\bc[1-4]\b|secret|caption|seed", text)
    items = json.loads(re.search(r"const ITEMS = (.*);\n", text)[1])
    assert [(image, tuple(nouns)) for image, _, nouns in items] == [(q.image, q.nouns) for q in ask(folder)]


def test_without_a_list_the_nouns_of_the_trees_are_asked(folder, tmp_path):
    run_folder(tmp_path / "b", asked={"c1": ("unused",)})
    (tmp_path / "b" / "nouns.csv").unlink()
    words = (Word("two", 0, 3, upos="NUM"), Word("cats", 4, 8, lemma="cat", upos="NOUN"))
    (tmp_path / "b" / "parses.conllu").write_text(conllu.write([Sentence("c1", "two cats", words)], spans=True))
    assert {question.nouns for question in ask(tmp_path / "b")} == {("cat",)}


def test_nothing_to_judge(tmp_path):
    run_folder(tmp_path / "b", asked={"c1": ()})
    with pytest.raises(UserError, match="nothing to judge"):
        ask(tmp_path / "b")


def test_what_people_say_is_read_back_and_compared(folder, tmp_path):
    """Ada says yes to all, Ben no to one of 15: agreement 14/15."""
    questions = ask(folder)
    places = [(question.image, noun) for question in questions for noun in question.nouns]
    for name, denied in (("ada", []), ("ben", places[:1])):
        rows = [f"{image},{noun},{'no' if (image, noun) in denied else 'yes'},{name}" for image, noun in places]
        (tmp_path / f"{name}.csv").write_text("\n".join(["image,noun,present,rater", *rows]))
    table, verdicts = compare(folder, [tmp_path / "ada.csv", tmp_path / "ben.csv"])
    assert len(verdicts) == 2 * len(places)
    assert table["agreement"][0] == pytest.approx(1 - 1 / len(places))
    judge = load_judge(f"person:{tmp_path / 'ben.csv'}")
    (verdict,) = judge.judge(picture(questions[0]), [questions[0].nouns[0]])
    assert not verdict.present
    table, verdicts = compare(folder, [tmp_path / "ada.csv"], judge=judge)
    assert set(verdicts["judge"]) == {"ada", "person:ben.csv"}

    result = CliRunner().invoke(app, ["judge", str(folder), *(f"--compare={tmp_path / n}.csv" for n in ("ada", "ben"))])
    assert result.exit_code == 0
    assert "ada, ben" in result.stdout
    refused = CliRunner().invoke(app, ["judge", str(folder), f"--compare={tmp_path / 'ada.csv'}", "--limit=3"])
    assert refused.exit_code != 0 and "writes no page" in str(refused.exception) + refused.output
    (tmp_path / "again").mkdir()
    same = tmp_path / "again" / "ada.csv"
    same.write_text((tmp_path / "ben.csv").read_text())
    _, verdicts = compare(folder, [tmp_path / "ada.csv", same])
    assert set(verdicts["judge"]) == {str(tmp_path / "ada.csv"), str(same)}


def test_files_about_other_pictures(folder, tmp_path):
    (tmp_path / "x.csv").write_text("image,noun,present\nffff,cat,yes\n")
    with pytest.raises(UserError, match="has no judgement of a picture of"):
        compare(folder, [tmp_path / "x.csv"])


def test_the_command_writes_the_page(folder, tmp_path):
    done = CliRunner().invoke(app, ["judge", str(folder), "--out", str(tmp_path / "page.html"), "--limit", "2"])
    assert done.exit_code == 0
    assert (tmp_path / "page.html").stat().st_size > 5000
    wrong = CliRunner().invoke(app, ["judge", str(folder), "--with", "micro"])
    assert wrong.exit_code == 2
    assert np.all(["--compare" in wrong.stderr])

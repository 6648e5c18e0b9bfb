"""A person's whole way through the page: keys, going back, leaving and coming again, the file."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.browser.conftest import serious_faults
from tests.judge.pictures import run_folder
from visuosyn.judge.person import read_judgements
from visuosyn.judge.person_page import ask, write_judge_page

pytestmark = pytest.mark.slow


def test_a_person_judges_by_keyboard(watch: Any, tmp_path: Any) -> None:
    folder = run_folder(tmp_path / "run")
    url = write_judge_page(folder).as_uri()
    places = [(question.image, noun) for question in ask(folder) for noun in question.nouns]
    seen = watch(accept_downloads=True)
    page = seen.page
    page.goto(url)
    page.keyboard.press("y")  # nothing before the start
    page.fill("#rater", 'Ada "A", 1')
    page.keyboard.press("Enter")
    assert page.inner_text("#question strong") == places[0][1]
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 16
    page.keyboard.press("y")
    page.keyboard.press("y")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("n")  # the second answer is changed
    assert "2 of" in page.inner_text("#count")

    page.reload()  # leaving and coming again
    page.fill("#rater", 'Ada "A", 1')
    page.keyboard.press("Enter")
    assert page.inner_text("#question strong") == places[2][1]
    for _ in places[2:]:
        page.keyboard.press("Y")
    assert "all done" in page.inner_text("#count")
    with page.expect_download() as waiting:
        page.keyboard.press("s")
    waiting.value.save_as(tmp_path / "ada.csv")

    answers, raters = read_judgements(tmp_path / "ada.csv")
    assert raters == 1
    assert {place: said[0] for place, said in answers.items()} == {place: place != places[1] for place in places}
    rows = csv.DictReader((tmp_path / "ada.csv").read_text().splitlines())
    assert {row["rater"] for row in rows} == {'Ada "A", 1'}
    assert serious_faults(page) == []
    assert seen.said == []
    assert all(one.startswith(("file:", "data:", "blob:")) for one in seen.asked)


def test_another_person_begins_afresh(watch: Any, tmp_path: Any) -> None:
    url = write_judge_page(run_folder(tmp_path / "run")).as_uri()
    page = watch().page
    for name in ("Ada", "Ben"):
        page.goto(url)
        page.fill("#rater", name)
        page.keyboard.press("Enter")
        assert "0 of" in page.inner_text("#count")
        page.click("#no")
        assert "1 of" in page.inner_text("#count")

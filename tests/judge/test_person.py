"""Judgements of people, read from a file."""

import numpy as np
import pytest

from visuosyn.errors import UserError
from visuosyn.judge import as_image, image_key, load_judge

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
KEY = image_key(PICTURE)


def judge_of(tmp_path, *lines, head="image,noun,present,rater"):
    path = tmp_path / "said.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return load_judge(f"person:{path}")


def test_one_rater(tmp_path):
    judge = judge_of(tmp_path, f"{KEY},cat,yes,", f"{KEY},teddy bear,No,")
    cat, bear = judge.judge(PICTURE, ["cat", "teddy bear"])
    assert (cat.present, cat.score, cat.count, cat.mask) == (True, 1, None, None)
    assert (bear.present, bear.score) == (False, 0)
    assert judge.nouns is None and judge.facts["raters"] == 1 and judge.facts["recall"] is None


def test_most_of_several_raters_decide(tmp_path):
    judge = judge_of(tmp_path, *(f"{KEY},cat,{a},{r}" for r, a in enumerate(["yes", "yes", "no"])), f"{KEY},dog,1,0")
    cat, dog = judge.judge(PICTURE, ["cat", "dog"])
    assert cat.present and cat.score == pytest.approx(2 / 3) and dog.present
    assert not judge_of(tmp_path, f"{KEY},cat,yes,a", f"{KEY},cat,no,b").judge(PICTURE, ["cat"])[0].present


def test_a_judgement_belongs_to_the_pixels(tmp_path):
    judge = judge_of(tmp_path, f"{KEY},cat,yes,")
    with pytest.raises(UserError, match="no judgement of 'cat' in the picture"):
        judge.judge(255 - PICTURE, ["cat"])
    assert image_key(PICTURE) == image_key(PICTURE.copy()) != image_key(PICTURE.reshape(2, 8, 3))


@pytest.mark.parametrize(
    ("lines", "head", "message"),
    [
        ([f"{KEY},cat,yes"], "image,noun,seen", ":1: no column present"),
        ([f"{KEY},cat,maybe,"], "image,noun,present,rater", ":2: present is 'maybe'"),
        ([f"{KEY},cat,yes,a"] * 2, "image,noun,present,rater", ":3: a judged 'cat'"),
        ([], "image,noun,present,rater", "holds no judgement"),
    ],
)
def test_faulty_files(tmp_path, lines, head, message):
    with pytest.raises(UserError, match=message):
        judge_of(tmp_path, *lines, head=head)


def test_unknown_judges():
    for name in ("", "person", "nobody:1"):
        with pytest.raises(UserError, match="or the id of a model"):
            load_judge(name)
    with pytest.raises(UserError, match=r"^/nowhere\.csv is not there: name a file of judgements$"):
        load_judge("person:/nowhere.csv")


def test_pictures_are_uint8_with_three_channels():
    with pytest.raises(UserError, match=r"not float64 \(2, 2, 3\)"):
        as_image(np.zeros((2, 2, 3)))

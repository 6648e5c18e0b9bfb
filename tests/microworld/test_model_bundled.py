"""The bundled model folder: an ordinary pipeline, the weights its card describes, small and quick enough."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from safetensors.numpy import load_file
from transformers import CLIPTokenizer

from training import keeper, start
from training.cache import training_images
from training.latents import Projection, psnr
from training.learner import Learner
from training.tokenizer import IN_PIECES
from visuosyn.microworld import MODEL_DIR


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = StableDiffusionPipeline.from_pretrained(MODEL_DIR)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def facts() -> dict:
    return json.loads((MODEL_DIR / "training.json").read_text())


def test_the_folder_is_small_and_holds_no_pickle() -> None:
    files = [path for path in MODEL_DIR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25e6
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md", ""}


def test_the_weights_are_those_the_card_describes() -> None:
    sums = {
        str(path.relative_to(MODEL_DIR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in MODEL_DIR.rglob("*.safetensors")
    }
    assert sums == facts()["sha256"]
    card = (MODEL_DIR / "README.md").read_text()
    assert f"{facts()['step']:,}, {facts()['views']:,}" in card


@pytest.mark.parametrize("part", ["unet", "text_encoder", "vae"])
def test_weights_are_stored_in_half_precision(part: str) -> None:
    (path,) = (MODEL_DIR / part).glob("*.safetensors")
    assert {array.dtype for array in load_file(path).values()} == {np.dtype(np.float16)}


def test_it_loads_in_single_precision_and_draws(pipeline: StableDiffusionPipeline) -> None:
    assert {part.dtype for part in (pipeline.unet, pipeline.text_encoder, pipeline.vae)} == {torch.float32}
    assert pipeline.safety_checker is None
    generator = torch.Generator().manual_seed(0)
    image = pipeline("a red ball", num_inference_steps=4, generator=generator, output_type="np").images[0]
    assert image.shape == (96, 96, 3)
    assert image.std() > 0.05


def test_every_word_of_the_model_is_known_to_its_tokenizer(pipeline: StableDiffusionPipeline) -> None:
    words = json.loads((MODEL_DIR / "words.json").read_text())
    assert {word for word in words if len(pipeline.tokenizer.tokenize(word)) > 1} == IN_PIECES


def test_the_autoencoder_gives_unseen_scenes_back(pipeline: StableDiffusionPipeline) -> None:
    images = training_images(12, start=20_000_000)[0]
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        latents = pipeline.vae.encode(pixels).latents * pipeline.vae.config.scaling_factor
        decoded = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample.clamp(-1, 1)
    code = Projection.load(MODEL_DIR / "latents.safetensors")
    assert np.abs(latents.numpy() - code.encode(images)).max() < 0.05  # half precision
    drawn = ((decoded.permute(0, 2, 3, 1).numpy() + 1) * 127.5).round().astype(np.uint8)
    assert psnr(drawn, images) > 28


def test_a_lost_checkpoint_folder_falls_back_to_the_bundled_weights(tmp_path: Path) -> None:
    job = keeper.TrainingJob(tmp_path, start.recipe_of(tmp_path, True), 1, None, 1, "cpu", resume=True)
    _, tokenizer = start.prepare(job)
    learner = Learner(job.recipe, tokenizer, torch.device("cpu"))
    progress = start.restore(learner, job).started(job)
    assert (progress.step, progress.views) == (facts()["step"], facts()["views"])
    assert not progress.fresh and progress.budget_step == progress.step
    assert tokenizer.get_vocab() == CLIPTokenizer.from_pretrained(MODEL_DIR / "tokenizer").get_vocab()
    bundled = UNet2DConditionModel.from_pretrained(MODEL_DIR / "unet")
    own = dict(learner.unet.named_parameters())
    assert all(torch.equal(own[name], value) for name, value in bundled.named_parameters())
    decoder = load_file(tmp_path / "decoder.safetensors")
    stored = load_file(MODEL_DIR / "vae" / "diffusion_pytorch_model.safetensors")
    assert all(np.array_equal(value, stored[f"decoder.{name}"]) for name, value in decoder.items())


@pytest.mark.slow
def test_one_picture_takes_at_most_a_second(pipeline: StableDiffusionPipeline) -> None:
    pipeline("a cat", num_inference_steps=2)
    started = time.process_time()
    pipeline("a cat", num_inference_steps=25, guidance_scale=3.0)
    assert time.process_time() - started < 2  # processor time: at most a second on two cores

"""What is let through is drawn; what is refused would have failed in the pipeline."""

from __future__ import annotations

import pytest
from diffusers import LCMScheduler

from visuosyn.errors import UserError
from visuosyn.testing import tiny_pipeline
from visuosyn.tracing import load_pipeline
from visuosyn.tracing.families import family_of

SIZES = [(8, 8), (8, 64), (16, 16), (24, 64), (40, 16), (64, 100), (100, 104), (104, 64), (128, 48)]


def draws(pipeline, **options):
    try:
        pipeline("a cat", output_type="latent", **options)
    except (ValueError, RuntimeError, IndexError):
        return False
    return True


def allows(pipeline, **options):
    try:
        family_of(pipeline).require_drawable(pipeline, **options)
    except UserError:
        return False
    return True


@pytest.mark.parametrize("model", ["sd1", "sdxl", "micro"])
def test_sizes_that_are_allowed_are_those_that_can_be_drawn(model):
    pipeline = load_pipeline("micro" if model == "micro" else tiny_pipeline(model), device="cpu")
    for width, height in SIZES:
        drawn = draws(pipeline, width=width, height=height, num_inference_steps=1)
        assert allows(pipeline, size=(width, height), steps=1) == drawn, (width, height)


def test_the_bundled_model_wants_a_grid_that_can_be_halved_twice():
    pipeline = load_pipeline("micro", device="cpu")
    with pytest.raises(UserError, match=r"size 104x96 cannot be drawn.* multiples of 16 pixels"):
        family_of(pipeline).require_drawable(pipeline, size=(104, 96), steps=1)


def test_steps_up_to_those_that_were_trained():
    pipeline = tiny_pipeline("sd1")
    for steps in (1, 50, 999, 1001, 2000):
        assert allows(pipeline, size=(64, 64), steps=steps) == (steps <= 1000)
    before = pipeline.scheduler.timesteps
    family_of(pipeline).require_drawable(pipeline, size=(64, 64), steps=3)
    assert pipeline.scheduler.timesteps is before  # the check leaves the pipeline as it is


def test_a_schedulers_own_limit():
    pipeline = tiny_pipeline("sd1")
    pipeline.scheduler = LCMScheduler(original_inference_steps=50)
    assert allows(pipeline, size=(64, 64), steps=50)
    with pytest.raises(UserError, match="steps 51 cannot be drawn: the model's LCMScheduler"):
        family_of(pipeline).require_drawable(pipeline, size=(64, 64), steps=51)


def test_the_native_size_has_rows_and_columns():
    pipeline = tiny_pipeline("sd1")
    assert family_of(pipeline).native_size(pipeline) == (64, 64)
    pipeline.unet.register_to_config(sample_size=(16, 24))  # rows, columns of the latent
    assert family_of(pipeline).native_size(pipeline) == (96, 64)

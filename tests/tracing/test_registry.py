"""Families of other packages, found by entry points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tracing.sd3_pipeline import tiny_sd3
from visuosyn.errors import UserError
from visuosyn.tracing import load_pipeline, model_facts, trace
from visuosyn.tracing.families import families, family_of
from visuosyn.tracing.families.base import Family
from visuosyn.tracing.families.registry import BUILT_IN

Install = Callable[[str, str], None]


def test_built_in_families_are_families() -> None:
    assert all(isinstance(family, Family) for family in BUILT_IN)
    assert families() == BUILT_IN


def test_a_family_of_another_package_is_found_and_traced(sd3_installed: None) -> None:
    pipe = tiny_sd3()
    assert [family.name for family in families()] == ["unet", "sd3"]
    assert type(family_of(pipe)).__module__ == "their_sd3"
    with trace(pipe) as tracer:
        pipe("a red ball", num_inference_steps=1, output_type="latent")
    assert [word.text for word in tracer.heat_maps()[0].words] == ["a", "red", "ball"]
    assert load_pipeline(pipe) is pipe
    assert model_facts(pipe)["family"] == "sd3"


def test_without_that_package_the_pipeline_is_unknown() -> None:
    known = r"Known families: unet: StableDiffusionPipeline, [^;]*\. docs"
    with pytest.raises(
        UserError, match=f"^StableDiffusion3Pipeline with SD3Transformer2DModel is of no family.* {known}"
    ):
        trace(tiny_sd3())


def test_all_known_families_are_listed(sd3_installed: None) -> None:
    with pytest.raises(UserError, match=r"unet: StableDiffusionPipeline, .*; sd3: StableDiffusion3Pipeline\. docs"):
        family_of(object())


def test_a_known_pipeline_around_an_unknown_denoiser(pipe: Any, sd3_installed: None) -> None:
    import diffusers
    import torch

    class Odd(diffusers.StableDiffusionPipeline):
        def __init__(self, unet: Any) -> None:
            self.register_modules(unet=unet)

    assert family_of(Odd(pipe.unet)).name == "unet"  # a class derived from a known one
    with pytest.raises(UserError, match=r"^Odd with Linear is of no family"):
        family_of(Odd(torch.nn.Linear(1, 1)))
    sd3 = tiny_sd3()
    sd3.transformer = torch.nn.Linear(1, 1)
    with pytest.raises(UserError, match=r"^StableDiffusion3Pipeline with Linear is of no family"):
        family_of(sd3)


FAMILY = "from visuosyn.tracing.families.unet import UNet\nclass Mine(UNet):\n    name = 'mine'\n"
BROKEN = {
    "import": ("import no_such_module", "Mine", r"cannot be loaded: ModuleNotFoundError: No module named 'no_such"),
    "module": ("1 / 0", "Mine", r"cannot be loaded: ZeroDivisionError"),
    "attribute": ("", "Mine", r"cannot be loaded: AttributeError: .*has no attribute 'Mine'"),
    "constructor": ("class Mine:\n    def __init__(self, x): ...", "Mine", r"cannot be loaded: TypeError"),
    "not a family": ("class Mine:\n    name = 'mine'", "Mine", r"is not a family: it lacks"),
    "taken": (FAMILY.replace("'mine'", "'unet'"), "Mine", r"is called 'unet', as another family is"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_entry_point_is_named(case: str, install: Install, pipe: Any) -> None:
    source, name, message = BROKEN[case]
    install(source, f"their_broken:{name}")
    entry = f"^the family their_broken = 'their_broken:{name}' of the package their_broken "
    with pytest.raises(UserError, match=entry + message):
        families()
    with pytest.raises(UserError, match=entry + message):
        family_of(object())
    assert family_of(pipe).name == "unet"  # what does not need it goes on


def test_an_object_is_a_family_as_well_as_a_class(install: Install) -> None:
    install(FAMILY + "mine = Mine()", "their_object:mine")
    assert [family.name for family in families()] == ["unet", "mine"]

"""Published set-ups of the relation study, as options: what is not known of them stays as everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visuosyn.errors import UserError

# Tang et al. 2023, section 4: 1,000 COCO captions, Stable Diffusion 2.0 base, 30 steps, one image each. The
# threshold of Table 2 is not stated; .4 is the paper's best on objects, .3 and .5 are the others that it tries.
# The notebook on syntax of castorini/daam 0.2.0: 1,500 captions drawn without a seed, one image each, seeded by the
# image's id on the GPU, maps summed over 30 steps and cut at .15.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "model": "stabilityai/stable-diffusion-2-base",
        "limit": 1000,
        "steps": 30,
        "seeds": (0,),
        "noise": "caption",
        "masks": ("relative:0.4", "relative:0.3", "relative:0.5"),
    },
    "notebook": {
        "model": "stabilityai/stable-diffusion-2-1-base",
        "limit": 1500,
        "steps": 30,
        "seeds": (0,),
        "noise": "image",
        "masks": ("summed:0.15",),
    },
}


def preset(name: str, **changes: Any) -> dict[str, Any]:
    """The options of ``study`` that repeat a published set-up, with ``changes`` in place of some of them.

    The report of such a study sets its figures beside the published ones. Other corpora and models are allowed; the
    facts of the run say what differs. Raises UserError for an unknown name.

    >>> preset("paper", model="micro")["model"], preset("paper")["steps"]
    ('micro', 30)
    """
    if name not in PRESETS:
        raise UserError(f"preset {name!r} is not known: use {' or '.join(PRESETS)}")
    return {"preset": name, **PRESETS[name], **changes}

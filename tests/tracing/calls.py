"""What the tests of the tracer call pipelines with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from visuosyn.tracing import generator


def options(name: str) -> dict[str, Any]:
    """What a pipeline needs beside the prompt."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    given: dict[str, Any] = {}
    if name.endswith(("img2img", "inpaint")):
        given |= {"image": picture, "strength": 0.75}
    if name.endswith("inpaint"):
        given |= {"mask_image": picture.convert("L")}
    return given


def noises(count: int, first: int = 0) -> list[torch.Generator]:
    return [generator("test", seed) for seed in range(first, first + count)]


def pixels(images: Any) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images])

"""Judges from ``transformers``, by model id: detectors (OWLv2, Grounding DINO) and CLIPSeg. They know any noun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.errors import UserError
from visuosyn.judge.base import UNMEASURED, Image, Judge, Verdict, as_image

DETECTORS = {"owlvit": 0.1, "owlv2": 0.2, "grounding-dino": 0.35, "mm-grounding-dino": 0.35}  # type -> threshold
SEGMENTERS = {"clipseg": 0.4}


def load_zero_shot(model: str, *, device: str = "auto", threshold: float | None = None) -> Judge:
    """The judge of a Hub id or a folder; its configuration says which kind it is.

    ``threshold``: score, 0 to 1, from which something counts as found. The defaults follow the models' own examples
    and were not measured here: check a judge against people before you trust it. Raises UserError for a model
    that cannot be loaded or is of no known kind.
    """
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]
    from transformers import AutoConfig, AutoModelForZeroShotObjectDetection, AutoProcessor, CLIPSegForImageSegmentation

    try:
        kind = AutoConfig.from_pretrained(model).model_type
        if kind not in DETECTORS | SEGMENTERS:
            raise UserError(f"the judge {model!r} is a {kind} model: use one of {', '.join([*DETECTORS, *SEGMENTERS])}")
        loader = CLIPSegForImageSegmentation if kind in SEGMENTERS else AutoModelForZeroShotObjectDetection
        network, processor = loader.from_pretrained(model), AutoProcessor.from_pretrained(model)
    except (OSError, ValueError, HTTPError) as error:
        raise UserError(f"the judge {model!r} cannot be loaded: {' '.join(str(error).split())[:200]}") from error
    level = (DETECTORS | SEGMENTERS)[kind] if threshold is None else threshold
    made = ClipSegJudge if kind in SEGMENTERS else DetectorJudge
    return made(model, network.to(_device(device)).eval(), processor, threshold=level)


class ZeroShotJudge:
    """A network with its processor and the score from which something counts as found."""

    nouns = None

    def __init__(self, name: str, network: Any, processor: Any, *, threshold: float) -> None:
        if not 0 < threshold < 1:
            raise UserError(f"threshold {threshold} of the judge {name} is out of range: use a number between 0 and 1")
        self.name = name
        self._network, self._processor, self._threshold = network, processor, threshold
        revision = getattr(network.config, "_commit_hash", None) or ""
        self.facts: Mapping[str, Any] = UNMEASURED | {
            "judge": network.config.model_type,
            "model": name,
            "revision": revision,
            "threshold": threshold,
        }

    def _ask(self, image: Image, **inputs: Any) -> tuple[Any, Any]:
        """The network's answer, and the inputs that it was given."""
        import torch
        from PIL import Image as Pictures

        picture = Pictures.fromarray(as_image(image))
        asked = self._processor(images=picture, return_tensors="pt", **inputs).to(self._network.device)
        with torch.inference_mode():
            return self._network(**asked), asked


class DetectorJudge(ZeroShotJudge):
    """Boxes for "a photo of a NOUN" (OWL) or "a NOUN." (Grounding DINO), a question per noun; the mask is their union.

    Each noun is asked alone, so that a verdict does not depend on what else is asked.
    """

    def judge(self, image: Image, nouns: Sequence[str]) -> list[Verdict]:
        """A verdict for each noun; ``count`` is the number of boxes; overlapping ones are all counted."""
        return [self._one(image, noun) for noun in nouns]

    def _one(self, image: Image, noun: str) -> Verdict:
        shape = image.shape[:2]
        if "dino" in self._network.config.model_type:
            output, asked = self._ask(image, text=f"a {noun}.")
            options = {"input_ids": asked["input_ids"], "text_threshold": self._threshold}  # that one only names boxes
        else:
            output, _ = self._ask(image, text=[[f"a photo of a {noun}"]])
            options = {}
        found = self._processor.post_process_grounded_object_detection(
            output, threshold=0.0, target_sizes=[shape], **options
        )[0]
        scores = found["scores"].float().cpu().numpy()
        boxes = found["boxes"].float().cpu().numpy()[scores >= self._threshold]
        top = float(scores.max()) if len(scores) else 0.0
        return Verdict(noun, bool(len(boxes)), top, len(boxes), _filled(boxes, shape))


class ClipSegJudge(ZeroShotJudge):
    """CLIPSeg's probability of "a photo of a NOUN" at each pixel; present where it passes the threshold anywhere."""

    def judge(self, image: Image, nouns: Sequence[str]) -> list[Verdict]:
        """A verdict for each noun; CLIPSeg does not count."""
        return [self._one(image, noun) for noun in nouns]

    def _one(self, image: Image, noun: str) -> Verdict:
        import torch

        output, _ = self._ask(image, text=[f"a photo of a {noun}"], padding=True)
        logits = output.logits.reshape(1, 1, *output.logits.shape[-2:])
        resized = torch.nn.functional.interpolate(logits, size=image.shape[:2], mode="bilinear", align_corners=False)
        chances = resized[0, 0].float().sigmoid().cpu().numpy()
        mask = chances >= self._threshold
        return Verdict(noun, bool(mask.any()), float(chances.max()), None, mask)


def _filled(boxes: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels inside of any box (left, top, right, bottom)."""
    mask = np.zeros(shape, dtype=bool)
    for left, top, right, bottom in np.rint(boxes).astype(int).clip(0):
        mask[top:bottom, left:right] = True
    return mask


def _device(name: str) -> Any:
    import torch

    if name == "auto":
        return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    try:
        return torch.device(name)
    except RuntimeError:
        raise UserError(f"device {name!r} is not known: use auto, cpu, cuda ...") from None

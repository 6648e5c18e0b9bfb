"""Judges: who says what is in a picture.

    judge = load_judge("micro")
    for verdict in judge.judge(image, ["cat", "dog"]):
        print(verdict.noun, verdict.present)

A judge errs: ``visuosyn.stats.misclassification`` carries its error into a result, ``agreement`` compares judges.
"""

from __future__ import annotations

from visuosyn.errors import UserError
from visuosyn.judge.agreement import agreement_table, cohen_kappa, krippendorff_alpha
from visuosyn.judge.base import Judge, Verdict, as_image, image_key, require_nouns, unknown_nouns

__all__ = [
    "Judge",
    "Verdict",
    "agreement_table",
    "as_image",
    "cohen_kappa",
    "image_key",
    "krippendorff_alpha",
    "load_judge",
    "require_nouns",
    "unknown_nouns",
]


def load_judge(name: str = "micro", *, device: str = "auto", threshold: float | None = None) -> Judge:
    r"""The judge of a name.

    "micro": the bundled segmenter of the microworld; "person:FILE.csv": what people said (columns image, noun,
    present); else the Hub id or folder of an OWLv2, Grounding DINO or CLIPSeg model, which ``transformers`` loads.
    ``device`` and ``threshold`` (0 to 1) are for those. Raises UserError for a judge that is not known or cannot be
    loaded.

    >>> import numpy as np
    >>> from pathlib import Path
    >>> image = np.zeros((64, 64, 3), np.uint8)
    >>> said = [f"{image_key(image)},{noun},{answer}" for noun, answer in (("cat", "yes"), ("dog", "no"))]
    >>> _ = Path("anna.csv").write_text("\n".join(["image,noun,present", *said]))
    >>> judge = load_judge("person:anna.csv")
    >>> [(verdict.noun, verdict.present) for verdict in judge.judge(image, ["dog", "cat"])]
    [('dog', False), ('cat', True)]
    """
    if name == "micro":
        from visuosyn.judge.micro import MicroJudge

        return MicroJudge()
    kind, colon, rest = name.partition(":")
    if kind == "person" and colon:
        from visuosyn.judge.person import PersonJudge

        return PersonJudge(rest)
    if not name or colon or name == "person":
        raise UserError(f"judge {name!r} is not known: use micro, person:FILE.csv or the id of a model on the Hub")
    from visuosyn.judge.zero_shot import load_zero_shot

    return load_zero_shot(name, device=device, threshold=threshold)

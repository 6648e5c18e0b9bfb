"""What studies that ask a judge share: whether it can look at such pictures, and who it was."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from visuosyn.errors import UserError
from visuosyn.judge import Judge, Verdict
from visuosyn.run import RunFacts

FILE = "judge.json"


def spec_of(judge: str | Judge) -> str:
    """What ``load_judge`` takes to load a judge again; "" for an object."""
    return judge if isinstance(judge, str) else ""


def judge_facts(judge: Judge) -> str:
    """What decides its verdicts, as one line."""
    return json.dumps({"name": judge.name} | dict(judge.facts), sort_keys=True, default=str)


def judge_file(judge: Judge) -> dict[str, str]:
    """``judge.json``: who judged, with what is known of its errors."""
    return {FILE: json.dumps({"name": judge.name} | dict(judge.facts), indent=2, default=str) + "\n"}


def try_on_blank(judge: Judge, facts: RunFacts, nouns: Sequence[str]) -> tuple[Verdict, ...]:
    """Its verdicts on an empty picture. Raises UserError now, not after hours of drawing, where it cannot look."""
    blank = np.full((facts.height, facts.width, 3), 127, dtype=np.uint8)
    try:
        return tuple(judge.judge(blank, nouns))
    except UserError as error:
        raise UserError(f"the judge {judge.name} cannot be used here: {error}") from None

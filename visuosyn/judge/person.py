"""A person's judgements, read back from a CSV file: image, noun, present, and perhaps rater.

``image`` is the picture's ``image_key``, so a judgement belongs to pixels and not to a file name; ``present`` is yes or
no (or 1 or 0). With several raters a noun counts as present where more than half of them saw it.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError, given_text
from visuosyn.judge.base import UNMEASURED, Image, Verdict, image_key

COLUMNS = ("image", "noun", "present")
ANSWERS = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


class PersonJudge:
    """Answers from a file of judgements. Raises UserError for a picture or noun that nobody judged."""

    nouns = None

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = f"person:{self.path.name}"
        self._answers, raters = read_judgements(self.path)
        sha256 = hashlib.sha256(self.path.read_bytes()).hexdigest()
        who = {"judge": "people", "raters": raters, "file": self.path.name, "sha256": sha256}
        self.facts: Mapping[str, Any] = UNMEASURED | who

    def rated(self, image: Image, nouns: Sequence[str]) -> list[str]:
        """Those of the nouns that somebody judged in a picture."""
        key = image_key(image)
        return [noun for noun in nouns if (key, noun) in self._answers]

    def judge(self, image: Image, nouns: Sequence[str]) -> list[Verdict]:
        """What was said of this picture; ``score`` is the share of raters who saw the noun."""
        key = image_key(image)
        missing = [noun for noun in nouns if (key, noun) not in self._answers]
        if missing:
            raise UserError(f"{self.path} has no judgement of {', '.join(map(repr, missing))} in the picture {key}")
        shares = [sum(said) / len(said) for said in (self._answers[key, noun] for noun in nouns)]
        return [Verdict(noun, share > 0.5, share) for noun, share in zip(nouns, shares, strict=True)]


def read_judgements(path: str | Path) -> tuple[dict[tuple[str, str], list[bool]], int]:
    """(image key, noun) -> what the raters said, and how many raters there are.

    Raises UserError with file and line for a missing column, an answer that is neither yes nor no, and a rater who
    judged the same thing twice.
    """
    path = Path(path)
    text = given_text(path, "judgements")
    rows = csv.DictReader(text.splitlines())
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise UserError(f"{path}:1: no column {', '.join(missing)}; judgements need {', '.join(COLUMNS)}")
    answers: dict[tuple[str, str], list[bool]] = defaultdict(list)
    said: set[tuple[str, str, str]] = set()
    for row in rows:
        line = f"{path}:{rows.line_num}"
        image, noun, answer = ((row[name] or "").strip() for name in COLUMNS)
        rater = (row.get("rater") or "").strip()
        if answer.lower() not in ANSWERS:
            raise UserError(f"{line}: present is {answer!r}: write yes or no")
        if (image, noun, rater) in said:
            raise UserError(f"{line}: {rater or 'the rater'} judged {noun!r} in {image} before: keep one of the lines")
        said.add((image, noun, rater))
        answers[image, noun].append(ANSWERS[answer.lower()])
    if not answers:
        raise UserError(f"{path} holds no judgement")
    return dict(answers), len({rater for *_, rater in said})

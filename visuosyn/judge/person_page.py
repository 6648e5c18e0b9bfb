"""A page on which a person judges the pictures of a run: one file, keyboard, blinded order.

The page knows pictures by their ``image_key`` alone: no prompt, no caption id, no kind of prompt stands in it. It also
asks about nouns that the prompt does not name (foils), so that the questions give nothing away. It saves the CSV file
that ``load_judge("person:FILE.csv")`` reads.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd
from PIL import Image

from visuosyn.errors import UserError
from visuosyn.judge.agreement import agreement_table
from visuosyn.judge.base import Judge, as_image, image_key
from visuosyn.judge.person import read_judgements
from visuosyn.run import RunFolder, write_text
from visuosyn.run.shards import read_pictures

NOUNS = "nouns.csv"
PAGE = "judge.html"
MARK = "/* items */ []"  # in the page, where the questions go


@dataclass(frozen=True)
class Question:
    """A picture as PNG with the nouns to ask about, those of its prompt and foils, in random order."""

    image: str
    png: bytes
    nouns: tuple[str, ...]


def write_judge_page(
    folder: str | Path, *, out: str | Path | None = None, seed: int = 0, limit: int | None = None, foils: int = 1
) -> Path:
    """Write the page for the pictures of a run folder and give its path, ``judge.html`` in the folder unless ``out``.

    ``seed`` fixes the order of pictures and nouns, and which foils are asked; ``limit`` takes only so many pictures,
    chosen at random; ``foils``: nouns of other prompts asked about each picture. Raises UserError for a folder without
    pictures or nouns.
    """
    questions = ask(folder, seed=seed, limit=limit, foils=foils)
    items = [[q.image, base64.b64encode(q.png).decode("ascii"), list(q.nouns)] for q in questions]
    text = resources.files("visuosyn.judge").joinpath("person_page.html").read_text(encoding="utf-8")
    content = json.dumps(items, ensure_ascii=True).replace("<", "\\u003c")
    name = hashlib.sha256(content.encode()).hexdigest()[:12]
    path = Path(folder) / PAGE if out is None else Path(out)
    write_text(path, text.replace(MARK, content).replace("__NAME__", name))
    return path


def ask(folder: str | Path, *, seed: int = 0, limit: int | None = None, foils: int = 1) -> tuple[Question, ...]:
    """What is asked, in the order in which it is asked. The same seed gives the same questions."""
    for name, number, least in (("foils", foils, 0), ("limit", limit, 1)):
        if number is not None and number < least:
            raise UserError(f"{name} {number} is out of range: use a whole number from {least} on")
    run = RunFolder.open(folder)
    asked = asked_nouns(run)
    everything = sorted({noun for nouns in asked.values() for noun in nouns})
    found: dict[str, tuple[bytes, dict[str, None]]] = {}
    for caption, png in _pictures(run):
        key = image_key(as_image(Image.open(io.BytesIO(png))))
        found.setdefault(key, (png, {}))[1].update(dict.fromkeys(asked.get(caption, ())))
    keys = sorted(key for key, (_, nouns) in found.items() if nouns)
    if not keys:
        raise UserError(f"{folder} holds no picture whose prompt has a noun: there is nothing to judge")
    chance = random.Random(seed)
    chance.shuffle(keys)
    questions = []
    for key in keys[:limit]:
        png, nouns = found[key]
        rest = [noun for noun in everything if noun not in nouns]
        order = [*nouns, *chance.sample(rest, min(foils, len(rest)))]
        chance.shuffle(order)
        questions.append(Question(key, png, tuple(order)))
    return tuple(questions)


def asked_nouns(run: RunFolder) -> dict[str, tuple[str, ...]]:
    """The nouns of each caption id: those of ``nouns.csv`` where a study wrote it, else the nouns of the trees."""
    path = run.path / NOUNS
    if path.exists():
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return {str(name): tuple(dict.fromkeys(rows["noun"])) for name, rows in table.groupby("caption_id")}
    return {
        sentence.id: tuple(dict.fromkeys(word.lemma or word.text for word in sentence.words if word.upos == "NOUN"))
        for sentence in run.sentences()
    }


def compare(
    folder: str | Path, files: Sequence[str | Path], *, judge: Judge | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agreement of people's files, and of a judge where one is given, on the pictures of a run.

    Gives the ``agreement_table`` and the verdicts that it rests on: judge, image, noun, present; a file counts as
    one judge. Raises UserError for a file about other pictures.
    """
    run = RunFolder.open(folder)
    pictures = {image_key(image): image for image in (as_image(Image.open(io.BytesIO(p))) for _, p in _pictures(run))}
    verdicts: list[tuple[str, str, str, bool]] = []
    stems = [Path(file).stem for file in files]
    for file, stem in zip(files, stems, strict=True):
        answers = {place: said for place, said in read_judgements(file)[0].items() if place[0] in pictures}
        if not answers:
            raise UserError(f"{file} has no judgement of a picture of {folder}: was it made from this study's page?")
        name = stem if stems.count(stem) == 1 else str(file)
        verdicts += [(name, image, noun, sum(said) * 2 > len(said)) for (image, noun), said in answers.items()]
    if judge is not None:
        verdicts += _verdicts(judge, pictures, dict.fromkeys((image, noun) for _, image, noun, _ in verdicts))
    table = pd.DataFrame(verdicts, columns=["judge", "image", "noun", "present"])
    return agreement_table(table), table


def _verdicts(
    judge: Judge, pictures: Mapping[str, object], places: Mapping[tuple[str, str], None]
) -> Iterator[tuple[str, str, str, bool]]:
    """What a judge says where people were asked; it is not asked about nouns that it does not know."""
    for image, noun in places:
        if judge.nouns is None or noun in judge.nouns:
            (verdict,) = judge.judge(as_image(pictures[image]), [noun])
            yield judge.name, image, noun, verdict.present


def _pictures(run: RunFolder) -> Iterator[tuple[str, bytes]]:
    """(caption id, PNG) of every picture."""
    for part in run.parts():
        for shard in part:
            yield from read_pictures(shard)

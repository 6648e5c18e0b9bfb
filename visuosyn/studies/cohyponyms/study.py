"""The cohyponym study: are two kinds of one thing harder to draw together, and does their attention show it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.corpus import Corpus
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.judge import Judge, load_judge
from visuosyn.judge.person import PersonJudge
from visuosyn.lexicon import Lexicon, load_lexicon, read_senses
from visuosyn.run import Measurement, RunFolder, locked
from visuosyn.run.artifacts import Content
from visuosyn.studies import options as o
from visuosyn.studies.base import Measured, Progress, StudyKind
from visuosyn.studies.cohyponyms import options as own
from visuosyn.studies.cohyponyms.design import (
    NounPair,
    NounPrompt,
    choose_pairs,
    companions,
    each_prompt,
    given_nouns,
    own_nouns,
    read_nouns,
    read_pairs,
    usable,
)
from visuosyn.studies.cohyponyms.design_file import FILES, read_prompts, write_design
from visuosyn.studies.cohyponyms.measure import ROWS, measurer, trial
from visuosyn.studies.drawing import draw_study
from visuosyn.studies.gather import corpus_of, gather
from visuosyn.studies.judging import judge_facts, judge_file, spec_of, try_on_blank
from visuosyn.studies.results import PromptStudy
from visuosyn.studies.settings import BUNDLED, MASKS, settings_of

ALONE = "not drawn in a crowd: no two nouns of other pairs are unrelated to both of its own"
SEEDS, PER_CLASS = "0-3", 24
DEPTH, STEPS, SIMILARITY = 7, 4, 0.7  # wider than the lexicon's own: 24 pairs among the microworld's 25 nouns


class CohyponymStudy(PromptStudy):
    """What a cohyponym study found; ``rows`` are "images", "overlaps" and "trial".

    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> found = CohyponymStudy(RunFolder.open(tiny_run("cohyponyms")))
    >>> found.pairs[["pair", "cohyponyms", "hypernym"]].values.tolist()
    [['car + cat', False, 'whole'], ['cat + dog', True, 'carnivore']]
    >>> found.rows("images")["template"].value_counts().to_dict()
    {'and': 4, 'next to': 4, 'sizes': 4, 'alone': 3, 'photo': 3}
    """

    main = ("outcomes", ("outcome", "cohyponyms", "others", "difference"))

    @property
    def pairs(self) -> pd.DataFrame:
        """The design: the pairs of nouns with what the lexicon says."""
        return pd.read_csv(self.folder.path / "pairs.csv")


class Cohyponyms(StudyKind):
    """Are two kinds of one thing harder to draw together?"""

    name = "cohyponyms"
    rows = ROWS
    design = FILES
    left_out = ("caption", "noun", "pair", "pairs")

    def open(self, folder: RunFolder) -> CohyponymStudy:
        """The study in a folder."""
        return CohyponymStudy(folder)

    def units(self, folder: RunFolder) -> list[tuple[Path, ...]]:
        """The parts of the prompts."""
        return folder.parts()

    def measurer(self, folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
        """Judges and measures a part."""
        return measurer(folder, read_prompts(folder), self.judge_of(measurement), measurement.masks)

    def measured_facts(self, measurement: Measurement) -> list[str]:
        """The judge."""
        return [judge_facts(self.judge_of(measurement))]

    def at_last(self, folder: RunFolder, measurement: Measurement) -> Mapping[str, Content]:
        """The judge's trial on true scenes, and who it is."""
        judge = self.judge_of(measurement)
        return {"measured/trial/00000.parquet": trial(read_prompts(folder), judge), **judge_file(judge)}

    def compute(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        """The tables of outcomes, overlaps, models and the judge's error. UserError where no image was measured."""
        if folder.rows("images").empty:
            lost, reasons = len(folder.dropped()), folder.dropped_file
            raise UserError(f"nothing could be measured in {folder.path}: {lost:,} dropped; the reasons: {reasons}")
        from visuosyn.studies.cohyponyms.statistics.compute import compute_statistics  # takes seconds to load

        return compute_statistics(folder)

    def write_page(self, folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
        """The report."""
        from visuosyn.studies.cohyponyms.page import write_page  # draws: seconds to import

        return write_page(folder, statistics)


COHYPONYMS = Cohyponyms()


def cohyponyms(
    *,
    out: o.Out,
    pairs: own.Pairs = None,
    nouns: own.Nouns = None,
    per_class: own.PerClass = PER_CLASS,
    lexicon: own.LexiconName = "wordnet",
    senses: own.Senses = None,
    depth: own.Depth = DEPTH,
    steps_below: own.StepsBelow = STEPS,
    similarity: own.Similarity = SIMILARITY,
    model: o.Model = "micro",
    judge: own.JudgeName = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = SEEDS,
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    masks: o.Masks = MASKS,
    progress: Progress | None = None,
) -> CohyponymStudy:
    """Draw pairs of nouns that are cohyponyms and pairs that are not, judge and measure them; all in the folder
    ``out``.

    Every pair is drawn as "a X and a Y", "a X next to a Y", "a big X and a small Y" and, crowded by two unrelated
    nouns, as "a X, a Y, a Z and a W", in both orders, with every seed and from the same noise; every noun also alone.
    The same call on the same folder goes on where it was stopped.

    ``pairs``: a CSV file of pairs (``read_pairs``), or ``nouns``: a file of nouns or the nouns themselves, among whose
    pairs a balanced choice of ``per_class`` cohyponyms and as many others is made; by default the microworld's nouns,
    or for other models the classes of COCO. ``lexicon``, ``senses``, ``depth``, ``steps_below`` and ``similarity`` say
    what cohyponyms are (``load_lexicon``). ``judge`` says which nouns are in a picture: "micro", the id of a zero-shot
    model, "person:FILE.csv", or a judge. All else as in ``visuosyn.study``.

    Raises UserError with one line that says what is wrong, before anything is drawn.

    >>> from visuosyn.testing import tiny_pipeline
    >>> options = {"nouns": ["cat", "dog", "car"], "per_class": 1, "seeds": [0], "size": "96x96", "steps": 1}
    >>> found = cohyponyms(out="run", model=tiny_pipeline(), **options)
    >>> texts, outcomes = [sentence.text for sentence in found.sentences], found.table("outcomes")
    >>> len(texts), texts[:4]
    (18, ['a car and a cat', 'a cat and a car', 'a car next to a cat', 'a cat next to a car'])
    >>> outcomes.loc[outcomes["outcome"] == "both", ["n_cohyponyms", "n_others", "n_images"]].values.tolist()
    [[1, 1, 8]]
    """
    from visuosyn.tracing import load_pipeline, vocabulary  # loads torch

    settings = settings_of(
        model=model, seeds=seeds, steps=steps, guidance=guidance, size=size, batch_size=batch_size,
        device=device, dtype=dtype, storage="total", masks=masks, judge=spec_of(judge),
    )  # fmt: skip
    RunFolder(Path(out)).check_free()
    if pairs is not None and nouns is not None:
        raise UserError("give pairs or nouns, not both: nouns are what pairs are made of")
    if per_class < 1:
        raise UserError(f"{per_class} pairs a class are none: use a number from 1 on")
    table = read_senses(senses) if senses else None
    words = load_lexicon(lexicon, senses=table, depth=depth, steps=steps_below, similarity=similarity)
    given = read_pairs(pairs, words) if pairs is not None else None
    asked = None if nouns is None else read_nouns(nouns) if isinstance(nouns, str | Path) else given_nouns(nouns)
    looking = load_judge(judge, device=device) if isinstance(judge, str) else judge
    pipeline = load_pipeline(model, device=settings.device, dtype=settings.dtype)
    chosen, dropped = _choice(given, asked, words, looking, vocabulary(pipeline), per_class)
    distractors = companions(chosen, words)
    dropped += [Dropped("caption", "", pair.name, ALONE) for pair in chosen if pair.name not in distractors]
    prompts = each_prompt(chosen, distractors)
    corpus = _corpus(prompts, dropped, pairs or (nouns if isinstance(nouns, str | Path) else None))
    options: dict[str, Any] = {"lexicon": words.source.name, "limits": [depth, steps_below, similarity]}
    options |= {} if given is None else {"pairs": "given"}
    facts = gather(COHYPONYMS.name, settings, corpus, parser=None, pipeline=pipeline, **options)
    if not isinstance(looking, PersonJudge):  # people have seen these pictures or none
        try_on_blank(looking, facts, chosen[0].nouns)
    with locked(out):
        folder = RunFolder.claim(out, facts, settings.measurement)
        write_design(folder, chosen, prompts)
        draw_study(folder, corpus, None, pipeline, progress=progress)
        found: CohyponymStudy = Cohyponyms(looking).finish(folder, settings.measurement, progress=progress)
    return found


def _choice(
    given: tuple[NounPair, ...] | None,
    nouns: tuple[str, ...] | None,
    lexicon: Lexicon,
    judge: Judge,
    taught: frozenset[str] | None,
    per_class: int,
) -> tuple[tuple[NounPair, ...], list[Dropped]]:
    """The pairs to draw, and those (or the nouns) that model or judge do not know. Raises UserError if none is left."""
    if given is not None:
        chosen, dropped = usable(given, judged=judge.nouns, taught=taught)
    else:
        all_nouns = own_nouns(taught) if nouns is None else nouns
        known, dropped = _known_nouns(all_nouns, judge.nouns, taught)
        chosen = choose_pairs(known, lexicon, per_class=per_class) if known else ()
        if chosen and len(chosen) < 2 * per_class:
            reason = f"the nouns give no more than {len(chosen) // 2} pairs a class"
            dropped.append(Dropped("pairs", "", f"{per_class} pairs a class", reason))
    classes = {pair.cohyponyms for pair in chosen}
    if len(classes) < 2:
        first = f": {dropped[0].reason}" if dropped else ""
        raise UserError(
            f"no pairs of both classes are left with the judge {judge.name}{first}; choose another judge or nouns "
            f"({BUNDLED})"
        )
    return chosen, dropped


def _known_nouns(
    nouns: Iterable[str], judged: frozenset[str] | None, taught: frozenset[str] | None
) -> tuple[tuple[str, ...], list[Dropped]]:
    kept, dropped = [], []
    for noun in nouns:
        if judged is not None and noun not in judged:
            dropped.append(Dropped("noun", "", noun, f"the judge does not know {noun!r}"))
        elif taught is not None and not taught.issuperset(noun.split()):
            dropped.append(Dropped("noun", "", noun, f"the model was never taught {noun!r}"))
        else:
            kept.append(noun)
    return tuple(kept), dropped


def _corpus(prompts: tuple[NounPrompt, ...], dropped: list[Dropped], source: str | Path | None) -> Corpus:
    """The prompts as a corpus; its checksum is that of their ids, texts and classes."""
    captions = (prompt.caption for prompt in prompts)
    content = "\n".join(f"{p.id}\t{p.sentence.text}\t{p.pair.cohyponyms if p.pair else ''}" for p in prompts)
    source = source or "balanced pairs"
    return corpus_of(captions, source=source, format="pairs", content=content, dropped=dropped)

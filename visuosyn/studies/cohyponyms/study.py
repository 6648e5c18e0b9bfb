"""The cohyponym study: are two kinds of one thing harder to draw together, and does their attention tell?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd

from visuosyn.corpus import Corpus
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.judge import Judge, load_judge
from visuosyn.judge.person import PersonJudge
from visuosyn.lexicon import Lexicon, load_lexicon, read_senses
from visuosyn.run import RunFacts, RunFolder, write_text
from visuosyn.studies import options as o
from visuosyn.studies.cohyponyms import options as own
from visuosyn.studies.cohyponyms.design import (
    NounPair,
    Prompt,
    choose_pairs,
    companions,
    each_prompt,
    given_nouns,
    own_nouns,
    read_nouns,
    read_pairs,
    sizes,
    usable,
)
from visuosyn.studies.cohyponyms.measure import measure_cohyponyms
from visuosyn.studies.gather import gather, now
from visuosyn.studies.results import PromptStudy
from visuosyn.studies.settings import BUNDLED, MASKS, settings_of
from visuosyn.studies.stages import Progress, parse_stage, trace_stage, write_vocabulary

ALONE = "not drawn in a crowd: no two nouns of other pairs are unrelated to both of its own"
KIND, SEEDS, PER_CLASS = "cohyponyms", "0-3", 24
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

    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline
    >>> options = {"nouns": ["cat", "dog", "car"], "per_class": 1, "seeds": [0], "size": "96x96", "steps": 1}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = cohyponyms(out=Path(folder, "run"), model=tiny_pipeline(), **options)
    ...     texts = [sentence.text for sentence in found.folder.sentences()]
    ...     outcomes = found.table("outcomes")
    >>> len(texts), texts[:4]
    (18, ['a car and a cat', 'a cat and a car', 'a car next to a cat', 'a cat next to a car'])
    >>> outcomes.loc[outcomes["outcome"] == "both", ["n_cohyponyms", "n_others", "n_images"]].values.tolist()
    [[1, 1, 8]]
    """
    from visuosyn.tracing import load_pipeline, vocabulary  # loads torch

    settings = settings_of(
        model=model, seeds=seeds, steps=steps, guidance=guidance, size=size, batch_size=batch_size,
        device=device, dtype=dtype, storage="total", masks=masks,
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
    company = companions(chosen, words)
    dropped += [Dropped("caption", "", pair.name, ALONE) for pair in chosen if pair.name not in company]
    prompts = each_prompt(chosen, company)
    corpus = _corpus(prompts, dropped, pairs or (nouns if isinstance(nouns, str | Path) else None))
    facts = gather(settings, corpus, column=None, limit=None, parser=None, pipeline=pipeline).with_facts(
        options={"study": KIND, "lexicon": words.source.name, "limits": [depth, steps_below, similarity]}
        | ({} if given is None else {"pairs": "given"})
    )
    _try(looking, facts, chosen)
    folder = RunFolder.claim(out, facts)
    _write_design(folder, chosen, prompts)
    started = monotonic()
    sentences = parse_stage(folder, corpus, None)
    write_vocabulary(folder, sentences, vocabulary(pipeline))
    drawn = trace_stage(folder, corpus.captions, sentences, pipeline, progress=progress)
    if drawn:
        seconds = round(folder.facts.host.get("seconds", 0) + monotonic() - started, 1)
        folder.facts.with_facts(host={"seconds": seconds, "finished": now()}).save(folder.path)
    measured = measure_cohyponyms(folder, prompts, looking, progress=progress)
    if measured or not folder.page.exists():
        report_cohyponyms(folder)
    return CohyponymStudy(folder)


def report_cohyponyms(folder: RunFolder) -> Path:
    """Write tables, figures and the page of a measured cohyponym study; gives the page.

    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> page = report_cohyponyms(RunFolder.open(tiny_run("cohyponyms")))
    >>> page.name, (page.parent / "tables" / "outcomes.tex").exists()
    ('index.html', True)
    """
    from visuosyn.studies.cohyponyms.page import write_cohyponyms  # draws: seconds to import

    return write_cohyponyms(folder.path)


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


def _corpus(prompts: tuple[Prompt, ...], dropped: list[Dropped], source: str | Path | None) -> Corpus:
    """The prompts as a corpus; its checksum is that of their ids, texts and classes."""
    captions = tuple(prompt.caption for prompt in prompts)
    content = "\n".join(f"{p.id}\t{p.sentence.text}\t{p.pair.cohyponyms if p.pair else ''}" for p in prompts)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Corpus(captions, Path(source or "balanced pairs"), "pairs", digest, 0, tuple(dropped))


def _write_design(folder: RunFolder, pairs: Sequence[NounPair], prompts: Sequence[Prompt]) -> None:
    """``pairs.csv`` with what is known of each pair, ``nouns.csv`` with what to ask about each prompt's pictures."""
    known = sizes({noun for pair in pairs for noun in pair.nouns})
    rows = [
        {"pair": pair.name}
        | vars(pair)
        | {f"{place}_size": known.get(getattr(pair, place)) for place in ("first", "second")}
        for pair in pairs
    ]
    asked = [{"caption_id": prompt.id, "noun": noun} for prompt in prompts for noun in prompt.nouns]
    for name, table in (("pairs", rows), ("nouns", asked)):
        write_text(folder.path / f"{name}.csv", pd.DataFrame(table).to_csv(index=False, lineterminator="\n"))


def _try(judge: Judge, facts: RunFacts, pairs: tuple[NounPair, ...]) -> None:
    """Raise UserError now, not after hours of drawing, where a judge cannot look at such pictures."""
    if isinstance(judge, PersonJudge):  # people have seen these pictures or none
        return
    blank = np.full((facts.height, facts.width, 3), 127, dtype=np.uint8)
    try:
        judge.judge(blank, pairs[0].nouns)
    except UserError as error:
        raise UserError(f"the judge {judge.name} cannot be used here: {error}") from None

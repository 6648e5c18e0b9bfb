"""The main study: how dependency relations show in the overlap of heat maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.corpus import Corpus, read_corpus
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.parse import DEFAULT, Parser, unusable_edges
from visuosyn.run import Measurement, RunFacts, RunFolder, locked
from visuosyn.studies import options as o
from visuosyn.studies.base import Measured, Progress, StudyKind
from visuosyn.studies.drawing import draw_study
from visuosyn.studies.gather import gather
from visuosyn.studies.parsing import require_pairs
from visuosyn.studies.relations.measure import ROWS, measurer
from visuosyn.studies.relations.options import Preset
from visuosyn.studies.relations.trees import parser_for, scheme_of, with_trees
from visuosyn.studies.results import StudyResult
from visuosyn.studies.settings import MASKS, Settings, settings_of


class RelationStudy(StudyResult):
    """What a study of relations found. Everything is read from the run folder when it is asked for.

    ``pairs``: one row per (image, pair, mask rule), fractions; ``relations``: one row per (relation, mask rule),
    percentage points; ``dropped``: what could not be measured, and why.

    >>> from visuosyn.studies.registry import open_run
    >>> from visuosyn.testing import tiny_run
    >>> found = open_run(tiny_run())
    >>> [sentence.text for sentence in found.sentences], found.facts.seeds, len(found.pairs), len(found.dropped)
    (['a red cat', 'a dog in a hat'], (0, 1), 80, 0)
    >>> (maps,) = found.heat_maps("1", seed=1)
    >>> maps["cat"].array.shape, maps["cat"].word.upos
    ((16, 16), 'NOUN')
    """

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The measurements, see ``visuosyn.measure.pair_table``."""
        return self.rows("pairs")

    @cached_property
    def relations(self) -> pd.DataFrame:
        """Means and intervals per dependency relation."""
        return self.table("relations")

    def _repr_html_(self) -> str:
        from visuosyn.studies.relations.notebook import study_html  # takes seconds to load

        return study_html(self)


class Relations(StudyKind):
    """How dependency relations show in the overlap of heat maps."""

    name = "relations"
    rows = ROWS

    def open(self, folder: RunFolder) -> RelationStudy:
        """The study in a folder."""
        return RelationStudy(folder)

    def units(self, folder: RunFolder) -> list[tuple[Path, ...]]:
        """The parts of the captions."""
        return folder.parts()

    def measurer(self, folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
        """Pairs, controls and universes of a part."""
        return measurer(folder, measurement)

    def unmeasurable(self, folder: RunFolder) -> Iterable[Dropped]:
        """Edges that are no pair of words."""
        return (dropped for sentence in folder.sentences() for dropped in unusable_edges(sentence))

    def compute(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        """The tables of the tests, controls, universes, mixed models and plans."""
        from visuosyn.studies.relations.statistics.compute import compute_statistics  # takes seconds to load

        return compute_statistics(folder)

    def write_page(self, folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
        """The report."""
        from visuosyn.studies.relations.page import write_page  # draws: seconds to import

        return write_page(folder, statistics)


RELATIONS = Relations()


def study(
    corpus: o.Corpus,
    *,
    out: o.Out,
    preset: Preset = "",
    format: o.Format = "auto",
    column: o.Column = None,
    limit: o.Limit = None,
    parser: o.ParserName = DEFAULT,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    coreference: o.Coreference = "",
    swapped: o.Swapped = (),
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = "0",
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    noise: o.Noise = "caption",
    storage: o.Storage = "parts",
    masks: o.Masks = MASKS,
    edges: o.Edges = "enhanced",
    progress: Progress | None = None,
) -> RelationStudy:
    r"""Draw every caption of a corpus, trace every word, measure every pair, and report; all in the folder ``out``.

    The same call on the same folder goes on where it was stopped, also after a crash.

    Args:
        corpus: file of captions.
        out: the run folder: new, empty, or of the same study.
        format: of the corpus, where it is not found from the content: text, csv, tsv, jsonl, parquet, coco, ...
        column: name of the captions' column, for tables.
        limit: take only the first so many captions.
        parser: an installed spaCy model, or Stanza's for a language ("stanza:en"); captions that bring trees
            (CoNLL-U) keep them. "given" rebuilds the enhanced graphs of given trees.
        scheme: "ud" for Universal Dependencies, "clear" for spaCy's own labels; trees that say theirs (a comment
            ``# scheme = clear``, as ``parse`` writes it) keep it.
        collapse_prepositions: make one preposition of *in front of* and the like (nmod:in_front_of).
        coreference: a fastcoref model (hub id or folder) that finds coreferent words; given ones are kept.
        swapped: relations ("amod", "nmod:of" ...); for each of their pairs the caption is also drawn with the two
            words exchanged, from the same noise, and the same two words are measured.
        model: "micro", a hub id, a folder, or a diffusers pipeline.
        seeds: every caption is drawn once for each.
        steps: denoising steps; ``None`` for the pipeline's own default, as for ``guidance`` and ``size``.
        guidance: scale of classifier-free guidance.
        size: (width, height) in pixels, or "WxH".
        batch_size: images drawn at once. Other batch sizes change the maps by rounding only.
        device: "cpu", "cuda", ...; "auto" takes the fastest there is.
        dtype: "float32", "float16", "bfloat16" or "auto".
        noise: "caption" draws from noise of its own for each caption, "plain" from ``manual_seed(seed)`` for all,
            "image" from ``manual_seed(image id + seed)``, for captions that have a numeric image id (COCO).
        storage: "parts" stores maps by resolution, block and phase of the steps (early, middle, late),
            "total" one map a word.
        masks: rules that turn maps into areas; the first is the one that figures show.
        edges: "enhanced" measures all pairs, "basic" leaves out those that only the enhanced graph joins.
        preset: the published set-up that the options come from (``visuosyn.preset``), for the facts.
        progress: called with (stage, units done, units in all).

    Raises:
        UserError: with one line that says what is wrong, before anything is drawn; or while drawing, if the disk
            is full. What is finished stays.

    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline
    >>> _ = Path("captions.txt").write_text("a red cat\na dog\n")
    >>> found = study("captions.txt", out="run", model=tiny_pipeline(), steps=2, masks=["relative:0.4"])
    >>> found.relations["relation"].tolist()
    ['unrelated', 'all head-dependent', 'det', 'amod']
    """
    settings = settings_of(
        parser=parser, scheme=scheme, model=model, seeds=seeds, steps=steps, guidance=guidance, size=size,
        batch_size=batch_size, device=device, dtype=dtype, noise=noise, storage=storage, masks=masks, preset=preset,
        edges=edges, collapse_prepositions=collapse_prepositions, coreference=coreference, swapped=swapped,
    )  # fmt: skip
    ready = _prepared(corpus, out, settings, format=format, column=column, limit=limit)
    with locked(out):
        folder = _drawn(out, ready, settings, progress)
        found: RelationStudy = RELATIONS.finish(folder, settings.measurement, progress=progress)
    return found


def trace_corpus(
    corpus: o.Corpus,
    *,
    out: o.Out,
    settings: Settings,
    format: o.Format = "auto",
    column: o.Column = None,
    limit: o.Limit = None,
    progress: Progress | None = None,
) -> RunFolder:
    r"""The first half of a study: read, parse, draw and trace; the folder is then ready to be measured.

    >>> from pathlib import Path
    >>> from visuosyn.studies.settings import settings_of
    >>> from visuosyn.testing import tiny_pipeline
    >>> _ = Path("captions.txt").write_text("a red cat\na dog\n")
    >>> settings = settings_of(model=tiny_pipeline(), steps=1, seeds="0-2")
    >>> run = trace_corpus("captions.txt", out="run", settings=settings)
    >>> [(maps.prompt, maps.seed) for maps in run.heat_maps("2")]
    [('a dog', 0), ('a dog', 1), ('a dog', 2)]
    """
    ready = _prepared(corpus, out, settings, format=format, column=column, limit=limit)
    with locked(out):
        return _drawn(out, ready, settings, progress)


@dataclass(frozen=True)
class Ready:
    """All that is needed to draw, checked."""

    captions: Corpus
    parser: Parser | None
    pipeline: Any
    facts: RunFacts


def _prepared(
    corpus: str | Path, out: str | Path, settings: Settings, *, format: str, column: str | None, limit: int | None
) -> Ready:
    """Read and load everything; mistakes are found here, before anything is written."""
    from visuosyn.tracing import load_pipeline  # loads torch, which opening a run does without

    RunFolder(Path(out)).check_free()
    captions = read_corpus(corpus, format=format, column=column, limit=limit)
    collapse = settings.collapse_prepositions
    parser = parser_for(captions, settings.parser, scheme=settings.scheme, collapse_prepositions=collapse)
    captions = with_trees(
        captions, parser, name=settings.parser, collapse_prepositions=collapse, coreference=settings.coreference,
        swapped=settings.swapped,
    )  # fmt: skip
    settings = replace(settings, scheme=scheme_of(captions, parser, default=settings.scheme))
    require_pairs(captions, parser)
    if settings.noise == "image":
        _require_image_ids(captions)
    try:
        pipeline = load_pipeline(settings.model, device=settings.device, dtype=settings.dtype)
    except UserError as error:
        raise UserError(f"{error}{_ways_out(settings)}") from error
    facts = gather(RELATIONS.name, settings, captions, column=column, limit=limit, parser=parser, pipeline=pipeline)
    return Ready(captions, parser, pipeline, facts)


def _drawn(out: str | Path, ready: Ready, settings: Settings, progress: Progress | None) -> RunFolder:
    """The folder with all pictures drawn and traced."""
    folder = RunFolder.claim(out, ready.facts, settings.measurement)
    draw_study(folder, ready.captions, ready.parser, ready.pipeline, progress=progress)
    return folder


def _require_image_ids(captions: Corpus) -> None:
    """Raise UserError where noise by image id is asked for and a caption has none."""
    for caption in captions:
        if not (caption.image_id.isascii() and caption.image_id.isdecimal()):
            raise UserError(
                f"caption {caption.id!r} has no numeric image id to seed its noise with: use captions that have one, "
                "such as COCO's, or --noise caption"
            )


def _ways_out(settings: Settings) -> str:
    """What to do where the model of a preset cannot be had."""
    if not settings.preset:
        return ""
    return (
        f". The preset {settings.preset} draws with this model: give --model the folder where you have it, or "
        "--model micro for the preset's other settings on the bundled model"
    )

"""The adjectival study: what a changed adjective changes in the attention and in the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.corpus import Corpus
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.judge import Judge, load_judge, unknown_nouns
from visuosyn.parse import DEFAULT, load_parser
from visuosyn.run import Measurement, RunFacts, RunFolder, locked
from visuosyn.run.artifacts import Content, write_content
from visuosyn.studies import options as o
from visuosyn.studies.adjectives import options as own
from visuosyn.studies.adjectives.design import (
    Template,
    design_table,
    each_prompt,
    prompts_of,
    read_templates,
    template_table,
)
from visuosyn.studies.adjectives.measure import TABLES, measurer, units
from visuosyn.studies.adjectives.redraw import redraw_stage
from visuosyn.studies.base import Measured, Progress, StudyKind
from visuosyn.studies.drawing import design_file, draw_study
from visuosyn.studies.gather import corpus_of, gather
from visuosyn.studies.judging import judge_facts, judge_file, spec_of, try_on_blank
from visuosyn.studies.results import PromptStudy
from visuosyn.studies.settings import BUNDLED, MASKS, settings_of

SEEDS = "0-3"
DESIGN = ("templates.csv", "design.csv", "nouns.csv")


class AdjectiveStudy(PromptStudy):
    """What an adjectival study found; ``rows`` are "leakage", "changes", "colours" and "bindings".

    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> found = AdjectiveStudy(RunFolder.open(tiny_run("adjectives")))
    >>> [sentence.text for sentence in found.folder.sentences()]
    ['a red hat and a dog', 'a blue hat and a dog', 'a hat and a dog', 'a red ball and a dog']
    >>> found.rows("bindings").columns.tolist()
    ['template', 'cluster', 'caption_id', 'seed', 'outcome']
    """

    main = ("leakage", ("adjective", "measure", "estimate"))


class Adjectives(StudyKind):
    """What does a changed adjective change in the attention and in the picture?"""

    name = "adjectives"
    rows = TABLES
    design = DESIGN

    def open(self, folder: RunFolder) -> AdjectiveStudy:
        """The study in a folder."""
        return AdjectiveStudy(folder)

    def units(self, folder: RunFolder) -> list[tuple[Path, ...]]:
        """The templates."""
        return units(folder, _templates_of(folder))

    def measurer(self, folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
        """Judges and measures a template."""
        return measurer(folder, _templates_of(folder), self.judge_of(measurement), measurement.masks)

    def measured_facts(self, measurement: Measurement) -> list[str]:
        """The judge."""
        return [judge_facts(self.judge_of(measurement))]

    def at_last(self, folder: RunFolder, measurement: Measurement) -> Mapping[str, Content]:
        """Who judged."""
        return judge_file(self.judge_of(measurement))

    def compute(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        """The tables of leakage, changes, colours and bindings."""
        from visuosyn.studies.adjectives.statistics import compute_statistics  # takes seconds to load

        return compute_statistics(folder)

    def write_page(self, folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
        """The report."""
        from visuosyn.studies.adjectives.page import write_page  # draws: seconds to import

        return write_page(folder, statistics)


ADJECTIVES = Adjectives()


def _templates_of(folder: RunFolder) -> tuple[Template, ...]:
    """The templates that a folder was drawn from. UserError where it does not hold them, as in format 1."""
    return read_templates(design_file(folder, DESIGN[0]))


def adjectives(
    *,
    out: o.Out,
    templates: own.Templates = None,
    cross_share: own.CrossShare = 0.8,
    self_share: own.SelfShare = 0.4,
    model: o.Model = "micro",
    judge: own.JudgeName = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = SEEDS,
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    parser: o.ParserName = DEFAULT,
    masks: o.Masks = MASKS,
    progress: Progress | None = None,
) -> AdjectiveStudy:
    r"""Draw scenes under changed adjectives, from one noise, and measure what changes; all in the folder ``out``.

    Every scene is drawn with each of its adjectives, with none, and with another noun; then with each adjective again
    while the attention of the first one is re-used (``visuosyn.tracing.redraw``), so that the layout stays. The same
    call on the same folder goes on where it was stopped.

    ``templates``: a CSV file (``read_templates``); by default the package's own, for the bundled model. ``judge`` says
    where nouns are: "micro", the id of a zero-shot model, or a judge that gives masks. ``cross_share`` and
    ``self_share``: shares of the steps in which attention to the text and within the picture is re-used. ``masks``:
    rules under which leakage is measured. All else as in ``visuosyn.study``.

    Raises UserError with one line that says what is wrong, before anything is drawn.

    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline
    >>> _ = Path("templates.csv").write_text("template,adjectives\na {} [hat] and a [dog],red|blue\n")
    >>> options = {"templates": "templates.csv", "size": "96x96", "seeds": [0], "steps": 1}
    >>> found = adjectives(out="run", model=tiny_pipeline(), **options)
    >>> [sentence.text for sentence in found.sentences]
    ['a red hat and a dog', 'a blue hat and a dog', 'a hat and a dog']
    """
    settings = settings_of(
        parser=parser, model=model, seeds=seeds, steps=steps, guidance=guidance, size=size, batch_size=batch_size,
        device=device, dtype=dtype, storage="total", masks=masks, judge=spec_of(judge),
    )  # fmt: skip
    RunFolder(Path(out)).check_free()
    found = read_templates(templates)
    looking = load_judge(judge, device=device) if isinstance(judge, str) else judge
    usable, dropped = _judged(found, looking)
    corpus = _corpus(usable, dropped, templates)

    from visuosyn.tracing import load_pipeline, match_tokens  # loads torch

    pipeline = load_pipeline(settings.model, device=settings.device, dtype=settings.dtype)
    reader = load_parser(settings.parser)
    shares: dict[str, Any] = {"cross_share": cross_share, "self_share": self_share}
    facts = gather(ADJECTIVES.name, settings, corpus, parser=reader, pipeline=pipeline, **shares)
    _require_masks(looking, facts, usable)
    for template in (one for one in usable if len(one.nouns) == 1):  # what cannot be redrawn is refused now
        texts = [prompt.caption.text for prompt in prompts_of(template) if prompt.role == "adjective"]
        match_tokens(pipeline, texts, **shares)
    with locked(out):
        folder = RunFolder.claim(out, facts, settings.measurement)
        for name, table in zip(DESIGN, (template_table(usable), design_table(usable), _asked(usable)), strict=True):
            write_content(folder.path / name, table)
        more = partial(redraw_stage, folder, usable, pipeline, progress=progress)
        draw_study(folder, corpus, reader, pipeline, more=more, progress=progress)
        done: AdjectiveStudy = Adjectives(looking).finish(folder, settings.measurement, progress=progress)
    return done


def _judged(templates: Sequence[Template], judge: Judge) -> tuple[tuple[Template, ...], list[Dropped]]:
    """The templates whose nouns the judge knows, and the others with the reason."""
    usable, dropped = [], []
    for template in templates:
        unknown = unknown_nouns(judge, [*template.nouns, *template.others, *([template.swap] * bool(template.swap))])
        if unknown:
            reason = f"the judge {judge.name} does not know {', '.join(map(repr, unknown))}"
            dropped.append(Dropped("caption", template.id, template.text, reason))
        else:
            usable.append(template)
    if not usable:
        raise UserError(f"no template is left: {dropped[0].reason}; choose another judge or other nouns ({BUNDLED})")
    return tuple(usable), dropped


def _corpus(templates: Sequence[Template], dropped: list[Dropped], path: str | Path | None) -> Corpus:
    """The prompts as a corpus; its checksum is that of the templates' content."""
    captions = (prompt.caption for prompt in each_prompt(templates))
    content = "\n".join("\t".join([t.id, t.text, "|".join(t.adjectives), t.swap]) for t in templates)
    source = "built-in templates" if path is None else path
    return corpus_of(captions, source=source, format="templates", content=content, dropped=dropped)


def _asked(templates: Sequence[Template]) -> pd.DataFrame:
    """What a person is asked about each picture: caption_id, noun."""
    rows = [(prompt.caption.id, noun) for prompt in each_prompt(templates) for noun in prompt.asked]
    return pd.DataFrame(rows, columns=["caption_id", "noun"])


def _require_masks(judge: Judge, facts: RunFacts, templates: Sequence[Template]) -> None:
    """Raise UserError now, not after hours of drawing, where a judge cannot look at such pictures or gives no masks."""
    if judge.name.startswith("person:"):
        raise UserError(
            "people say what is there, not where, and adjectives need masks: choose another judge, and compare it with"
            " people by visuosyn judge"
        )
    (verdict,) = try_on_blank(judge, facts, [templates[0].nouns[0]])
    if verdict.mask is None:
        raise UserError(
            f"the judge {judge.name} does not say where things are: adjectives need a judge that gives masks"
        )

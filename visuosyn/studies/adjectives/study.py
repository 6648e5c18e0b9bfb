"""The adjectival study: what a changed adjective changes in the attention and in the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd

from visuosyn.corpus import Corpus
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.judge import Judge, load_judge, unknown_nouns
from visuosyn.parse import DEFAULT, load_parser
from visuosyn.run import RunFacts, RunFolder, write_text
from visuosyn.studies import options as o
from visuosyn.studies.adjectives import options as own
from visuosyn.studies.adjectives.design import Template, design_table, each_prompt, prompts_of, read_templates
from visuosyn.studies.adjectives.measure import TABLES
from visuosyn.studies.adjectives.stages import measure_adjectives, redraw_stage
from visuosyn.studies.gather import gather, now
from visuosyn.studies.results import PromptStudy
from visuosyn.studies.settings import BUNDLED, MASKS, Settings, settings_of
from visuosyn.studies.stages import Progress, parse_stage, trace_stage, write_vocabulary

KIND = "adjectives"
SEEDS = "0-3"


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

    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     templates, run = Path(folder, "templates.csv"), Path(folder, "run")
    ...     _ = templates.write_text("template,adjectives\na {} [hat] and a [dog],red|blue\n")
    ...     found = adjectives(out=run, templates=templates, model=tiny_pipeline(), size="96x96", seeds=[0], steps=1)
    ...     files = sorted(path.stem for path in run.glob("*.parquet"))
    ...     [sentence.text for sentence in found.folder.sentences()], files
    (['a red hat and a dog', 'a blue hat and a dog', 'a hat and a dog'], ['bindings', 'changes', 'colours', 'leakage'])
    """
    settings = settings_of(
        parser=parser, model=model, seeds=seeds, steps=steps, guidance=guidance, size=size, batch_size=batch_size,
        device=device, dtype=dtype, storage="total", masks=masks,
    )  # fmt: skip
    RunFolder(Path(out)).check_free()
    found = read_templates(templates)
    looking = load_judge(judge, device=device) if isinstance(judge, str) else judge
    usable, dropped = _judged(found, looking)
    corpus = _corpus(usable, dropped, templates)
    options = {"study": KIND, "cross_share": cross_share, "self_share": self_share}
    folder = _drawn(out, corpus, usable, settings, looking, options, progress)
    measure_adjectives(folder, usable, looking, progress=progress)
    report_adjectives(folder)
    return AdjectiveStudy(folder)


def report_adjectives(folder: RunFolder, *, again: bool = False) -> Path:
    """Write tables, figures and the page, unless the page is younger than the measurements (or ``again``).

    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> page = report_adjectives(RunFolder.open(tiny_run("adjectives")), again=True)
    >>> page.name, (page.parent / "tables" / "dropped_summary.csv").exists()
    ('index.html', True)
    """
    from visuosyn.studies.adjectives.page import write_adjectives  # draws: seconds to import

    measured = max((folder.path / f"{name}.parquet").stat().st_mtime_ns for name in TABLES)
    if again or not folder.page.exists() or folder.page.stat().st_mtime_ns < measured:
        write_adjectives(folder.path)
    return folder.page


def _drawn(
    out: str | Path,
    corpus: Corpus,
    templates: Sequence[Template],
    settings: Settings,
    judge: Judge,
    options: dict[str, Any],
    progress: Progress | None,
) -> RunFolder:
    """The folder with all pictures, those of the free drawings traced."""
    from visuosyn.tracing import load_pipeline, matching, vocabulary  # loads torch

    pipeline = load_pipeline(settings.model, device=settings.device, dtype=settings.dtype)
    parser = load_parser(settings.parser)
    facts = gather(settings, corpus, column=None, limit=None, parser=parser, pipeline=pipeline).with_facts(
        options=options
    )
    _try(judge, facts, templates)
    shares = {name: options[name] for name in ("cross_share", "self_share")}
    for template in templates:  # what cannot be redrawn is told now
        texts = [prompt.caption.text for prompt in prompts_of(template) if prompt.role == "adjective"]
        matching(pipeline, texts, **shares)
    folder = RunFolder.claim(out, facts)
    started = monotonic()
    write_text(folder.path / "design.csv", design_table(templates).to_csv(index=False, lineterminator="\n"))
    write_text(folder.path / "nouns.csv", _asked(templates).to_csv(index=False, lineterminator="\n"))
    sentences = parse_stage(folder, corpus, parser)
    write_vocabulary(folder, sentences, vocabulary(pipeline))
    drawn = trace_stage(folder, corpus.captions, sentences, pipeline, progress=progress)
    drawn += redraw_stage(folder, templates, pipeline, progress=progress)
    if drawn:
        seconds = round(folder.facts.host.get("seconds", 0) + monotonic() - started, 1)
        folder.facts.with_facts(host={"seconds": seconds, "finished": now()}).save(folder.path)
    return folder


def _judged(templates: Sequence[Template], judge: Judge) -> tuple[tuple[Template, ...], list[Dropped]]:
    """The templates whose nouns the judge knows, and the others with the reason."""
    usable, dropped = [], []
    for template in templates:
        strange = unknown_nouns(judge, [*template.nouns, *template.others, *([template.swap] * bool(template.swap))])
        if strange:
            reason = f"the judge {judge.name} does not know {', '.join(map(repr, strange))}"
            dropped.append(Dropped("caption", template.id, template.text, reason))
        else:
            usable.append(template)
    if not usable:
        raise UserError(f"no template is left: {dropped[0].reason}; choose another judge or other nouns ({BUNDLED})")
    return tuple(usable), dropped


def _corpus(templates: Sequence[Template], dropped: list[Dropped], path: str | Path | None) -> Corpus:
    """The prompts as a corpus; its checksum is that of the templates' content."""
    captions = tuple(prompt.caption for prompt in each_prompt(templates))
    content = "\n".join("\t".join([t.id, t.text, "|".join(t.adjectives), t.swap]) for t in templates)
    digest = hashlib.sha256(content.encode()).hexdigest()
    source = Path("built-in templates" if path is None else path)
    return Corpus(captions, source, "templates", digest, 0, tuple(dropped))


def _asked(templates: Sequence[Template]) -> pd.DataFrame:
    """What a person is asked about each picture: caption_id, noun."""
    rows = [(prompt.caption.id, noun) for prompt in each_prompt(templates) for noun in prompt.asked]
    return pd.DataFrame(rows, columns=["caption_id", "noun"])


def _try(judge: Judge, facts: RunFacts, templates: Sequence[Template]) -> None:
    """Raise UserError now, not after hours of drawing, where a judge cannot look at such pictures or gives no masks."""
    if judge.name.startswith("person:"):
        raise UserError(
            "people say what is there, not where, and adjectives need masks: choose another judge, and compare it with"
            " people by visuosyn judge"
        )
    blank = np.full((facts.height, facts.width, 3), 127, dtype=np.uint8)
    try:
        (verdict,) = judge.judge(blank, [templates[0].nouns[0]])
    except UserError as error:
        raise UserError(f"the judge {judge.name} cannot be used here: {error}") from None
    if verdict.mask is None:
        raise UserError(
            f"the judge {judge.name} does not say where things are: adjectives need a judge that gives masks"
        )

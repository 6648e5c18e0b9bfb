"""One prompt, looked at closely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from visuosyn.data import Caption, HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import pair_table
from visuosyn.parse import DEFAULT, Parser, all_pairs, load_parser
from visuosyn.run import Measurement, RunFacts, write_text
from visuosyn.studies import options as o
from visuosyn.studies.gather import corpus_of, gather
from visuosyn.studies.options import Option
from visuosyn.studies.parsing import count_words, outside
from visuosyn.studies.settings import MASKS, Settings, settings_of

MARK, FORMAT = "explanation.txt", "visuosyn explanation 1"  # the file that tells whose folder it is
FACTS = "facts.json"  # not run.json: the folder holds no study that could be measured or reported again

LONGEST = 1000  # characters of a prompt: far more than any text encoder reads, few enough to lay out as a tree


@dataclass(frozen=True)
class PromptResult:
    """One prompt drawn: ``sentence`` with its tree, ``maps`` with the image, ``pairs`` (the pair table of it), the
    words that the model was never taught (none where it does not say), and the ``facts`` that draw it again: those of a
    study of one caption, with the prompt among their ``options``. A notebook shows the tree and the maps.

    >>> from visuosyn.testing import tiny_pipeline
    >>> seen = look("a red cat", pipeline=tiny_pipeline(), steps=1, masks=["soft"])
    >>> seen.maps
    HeatMaps(0:a 1:red 2:cat; 16x16, 1 steps, 0 dropped)
    >>> seen.pairs[["relation", "head", "dependent", "mask"]].values.tolist()[:2]
    [['det', 'cat', 'a', 'soft'], ['amod', 'cat', 'red', 'soft']]
    >>> seen.facts.options["prompt"], seen.facts.model, seen.facts.steps, seen.facts.guidance, seen.facts.seeds
    ('a red cat', 'StableDiffusionPipeline', 1, 7.5, (0,))
    """

    sentence: Sentence
    maps: HeatMaps
    pairs: pd.DataFrame
    unknown: tuple[str, ...]
    facts: RunFacts
    measurement: Measurement

    def _repr_html_(self) -> str:
        """The dependency tree above the picture with its strip of words."""
        return self.sentence._repr_html_() + self.maps._repr_html_()


def look(
    prompt: str,
    *,
    pipeline: Any = "micro",
    parser: Parser | None = None,
    seed: o.Seed = 0,
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    masks: o.Masks = MASKS,
    detail: Iterable[str] = (),
) -> PromptResult:
    """Draw one prompt, record its words' heat maps, parse it, and measure all its pairs.

    ``pipeline``: a name, hub id or folder for ``load_pipeline``, or a loaded pipeline (loaded once, several prompts
    take less time); ``parser``: a loaded one in place of the default. ``detail`` as for ``trace``, the rest as in
    ``study``. Raises UserError for a prompt that is empty or longer than ``LONGEST`` characters, for a size or steps
    that the model cannot draw, and for a pipeline that needs a picture to start from.

    >>> seen = look("a red cat", steps=2)
    >>> [word.text for word in seen.maps.words], seen.pairs["relation"].unique().tolist()
    (['a', 'red', 'cat'], ['det', 'amod', 'unrelated', 'sibling'])
    """
    text = clean_prompt(prompt)
    settings = settings_of(seeds=seed, steps=steps, guidance=guidance, size=size, masks=masks, batch_size=1)

    from visuosyn.tracing import draw, generator, load_pipeline, vocabulary  # takes seconds to load

    if isinstance(pipeline, (str, Path)):
        pipeline = load_pipeline(pipeline)
    parser = load_parser() if parser is None else parser
    caption = Caption("prompt", text)
    facts = _facts(caption, settings, parser, pipeline)
    sentence = next(parser.parse([caption]))
    (maps,) = draw(
        pipeline, [sentence], [generator(sentence.id, seed)], size=(facts.height, facts.width), detail=detail,
        steps=facts.steps, guidance=facts.guidance,
    )  # fmt: skip
    maps = maps.with_facts(noise_id=sentence.id, seed=seed)
    known = vocabulary(pipeline)
    unknown = () if known is None else tuple(outside(known, count_words([sentence])))
    pairs = pair_table(maps, sentence, all_pairs(sentence), settings.masks)
    return PromptResult(sentence, maps, pairs, unknown, facts, settings.measurement)


def _facts(caption: Caption, settings: Settings, parser: Parser, pipeline: Any) -> RunFacts:
    """The facts of a study of this caption alone."""
    settings = replace(settings, scheme=parser.scheme, collapse_prepositions=parser.collapse_prepositions)
    alone = corpus_of([caption], source="one prompt", format="prompt", content=caption.text)
    return gather("prompt", settings, alone, parser=parser, pipeline=pipeline, prompt=caption.text)


def clean_prompt(prompt: str) -> str:
    r"""A prompt with single blanks; UserError if it is empty or too long to be looked at.

    >>> clean_prompt("  a cat\n in a hat ")
    'a cat in a hat'
    """
    text = " ".join(prompt.split())
    if not text:
        raise UserError("the prompt is empty: write what the picture should show")
    if len(text) > LONGEST:
        raise UserError(
            f"the prompt has {len(text):,} characters: give at most {LONGEST:,}; models read the first words"
        )
    return text


def explain(
    prompt: Annotated[str, Option("What the picture should show.")],
    *,
    out: Annotated[str | Path, Option("Folder: new, empty, or of an earlier prompt.")],
    parser: o.PromptParser = DEFAULT,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seed: o.Seed = 0,
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    masks: o.Masks = MASKS,
) -> Path:
    """Draw one prompt and write its picture, an overlay a word, the tree, all overlaps and the facts; gives the page.

    Options as in ``study``. The folder ``out`` must be new, empty or of an earlier prompt. Raises UserError for an
    empty prompt, a folder that holds something else, and a size or steps that the model cannot draw.

    >>> from visuosyn.testing import tiny_pipeline
    >>> page = explain("a red cat", out="cat", model=tiny_pipeline(), steps=2)
    >>> sorted(path.name for path in page.parent.iterdir() if path.suffix not in (".txt", ".json"))
    ['image.png', 'index.html', 'overlays', 'pairs.csv', 'tree.svg']
    """
    clean_prompt(prompt)  # mistakes are found before anything is loaded
    settings_of(seeds=seed, steps=steps, guidance=guidance, size=size, masks=masks)
    _check_free(Path(out))
    reader = load_parser(parser, scheme=scheme, collapse_prepositions=collapse_prepositions)

    from visuosyn.tracing import load_pipeline  # takes seconds to load

    pipeline = load_pipeline(model, device=device, dtype=dtype)
    seen = look(
        prompt, pipeline=pipeline, parser=reader, seed=seed, steps=steps, guidance=guidance, size=size, masks=masks
    )
    return write_look(seen, out)


def write_look(seen: PromptResult, out: str | Path) -> Path:
    """Write what was seen of a prompt into a folder, as ``explain`` does; gives the page.

    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline
    >>> page = write_look(look("a red cat", pipeline=tiny_pipeline(), steps=1), "cat")
    >>> page.name, sorted(path.name for path in Path("cat", "overlays").iterdir())
    ('index.html', ['00-a.png', '01-red.png', '02-cat.png'])
    """
    from visuosyn.studies.prompt.page import explain_page  # takes seconds to load

    write_text(Path(out) / MARK, f"{FORMAT}\n{seen.sentence.text}\n")
    seen.facts.save(out, name=FACTS)
    seen.measurement.save(out)
    return explain_page(seen.maps, seen.sentence, seen.pairs, out, unknown=seen.unknown, facts=seen.facts)


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: the explanation needs a folder")
    if out.is_dir() and any(out.iterdir()) and not _is_marked(out / MARK):
        raise UserError(f"{out} is not empty and holds no earlier explanation: choose another folder")


def _is_marked(path: Path) -> bool:
    return path.is_file() and path.read_bytes().splitlines()[:1] == [FORMAT.encode()]

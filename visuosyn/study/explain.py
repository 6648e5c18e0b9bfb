"""One prompt, looked at closely."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError
from visuosyn.masks import MaskRule
from visuosyn.measure.table import pair_table
from visuosyn.parse import DEFAULT, load_parser, word_pairs
from visuosyn.records import Caption
from visuosyn.run import write_text
from visuosyn.study.drawable import require_drawable
from visuosyn.study.facts import own_size
from visuosyn.study.settings import MASKS, settings_of
from visuosyn.study.stages import count_words, outside

MARK, FORMAT = "explanation.txt", "visuosyn explanation 1"  # the file that tells whose folder it is


def explain(
    prompt: str,
    *,
    out: str | Path,
    parser: str = DEFAULT,
    scheme: str = "ud",
    model: Any = "micro",
    seed: int = 0,
    steps: int | None = None,
    guidance: float | None = None,
    size: str | tuple[int, int] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    masks: Iterable[str | MaskRule] = MASKS,
) -> Path:
    """Draw one prompt and write its picture, an overlay a word, the tree and all overlaps; gives the page.

    Options as in ``study``. The folder ``out`` must be new, empty or of an earlier prompt. Raises UserError for an
    empty prompt, a folder that holds something else, and a size or steps that the model cannot draw.
    """
    text = " ".join(prompt.split())
    if not text:
        raise UserError("the prompt is empty: write what the picture should show")
    settings = settings_of(seeds=seed, steps=steps, guidance=guidance, size=size, masks=masks)
    _check_free(Path(out))
    sentence = next(load_parser(parser, scheme=scheme).parse([Caption("prompt", text)]))

    from visuosyn.report import explain_page  # both take seconds to load
    from visuosyn.trace import draw, generator, load_pipeline, own_drawing, vocabulary

    pipeline = load_pipeline(model, device=device, dtype=dtype)
    asked = {"steps": steps, "guidance": guidance}
    how = own_drawing(pipeline) | {name: value for name, value in asked.items() if value is not None}
    require_drawable(pipeline, size=settings.size or own_size(pipeline), steps=how["steps"])
    rows_columns = None if settings.size is None else settings.size[::-1]
    (maps,) = draw(pipeline, [sentence], [generator(sentence.id, seed)], size=rows_columns, **how)
    maps = maps.with_facts(noise_id=sentence.id, seed=seed)
    pairs = pair_table(maps, sentence, word_pairs(sentence), settings.masks)
    write_text(Path(out) / MARK, f"{FORMAT}\n{text}\n")
    known = vocabulary(pipeline)
    unknown = () if known is None else tuple(outside(known, count_words([sentence])))
    return explain_page(maps, sentence, pairs, out, unknown=unknown)


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: the explanation needs a folder")
    if out.is_dir() and any(out.iterdir()) and not _is_marked(out / MARK):
        raise UserError(f"{out} is not empty and holds no earlier explanation: choose another folder")


def _is_marked(path: Path) -> bool:
    return path.is_file() and path.read_bytes().splitlines()[:1] == [FORMAT.encode()]

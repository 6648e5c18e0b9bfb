"""One prompt explained: its picture, an overlay for each word, the tree and all overlaps, as files and as one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from markupsafe import Markup
from PIL.PngImagePlugin import PngInfo

from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import OVERLAPS
from visuosyn.parse import word_pairs
from visuosyn.report.citations import bibtex
from visuosyn.report.render import render
from visuosyn.report.tables import first_mask, write_csv
from visuosyn.run import RunFacts, write_text
from visuosyn.studies.prompt import prose
from visuosyn.view.cards import card_data, make_card, picture_png, png_uri, script_json
from visuosyn.view.overlays import common_scale, display_size, overlay
from visuosyn.view.tree import tree_svg

SHOWN = ("relation", "head", "dependent", "kind", "edge", "mask", *OVERLAPS)


def explain_page(
    maps: HeatMaps,
    sentence: Sentence,
    pairs: pd.DataFrame,
    out: str | Path,
    *,
    common: bool = False,
    unknown: Sequence[str] = (),
    facts: RunFacts | None = None,
) -> Path:
    """Write one prompt's picture, overlays, tree and overlaps into the folder ``out``; returns its ``index.html``.

    Files: ``image.png``; ``overlays/00-a.png``, one per word, in sentence order, each scaled by its own map's maximum
    or, with ``common``, all by the largest of the picture (the scale stands in the PNG's description);
    ``tree.svg``; ``pairs.csv``, every measured pair under every mask rule with the columns of the pair table;
    ``index.html``, the same to look at, one file without anything beside it. ``pairs`` is the pair table of this
    picture; ``unknown`` are words that the model was never taught; with the ``facts`` of the drawing the page lists
    them, and has a methods section. Raises UserError where ``sentence`` is not what was drawn, or where
    something cannot be written.

    >>> from pathlib import Path
    >>> from visuosyn.studies.prompt.study import look
    >>> from visuosyn.testing import tiny_pipeline
    >>> seen = look("a red cat", pipeline=tiny_pipeline(), steps=1)
    >>> page = explain_page(seen.maps, seen.sentence, seen.pairs, "explanation")
    >>> page.name, sorted(path.name for path in Path("explanation/overlays").iterdir())
    ('index.html', ['00-a.png', '01-red.png', '02-cat.png'])
    """
    if sentence.text != maps.prompt:
        raise UserError(
            f"the maps belong to {maps.prompt!r}, the sentence is {sentence.text!r}: pass the sentence that was drawn"
        )
    try:
        _write_files(maps, sentence, pairs, Path(out), common=common)
        page = Path(out) / "index.html"
        write_text(page, explain_html(maps, sentence, pairs, unknown=unknown, facts=facts, files=True))
        return page
    except OSError as error:
        raise UserError(f"cannot write the explanation in {out}: {error}") from error


def _write_files(maps: HeatMaps, sentence: Sentence, pairs: pd.DataFrame, out: Path, *, common: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "image.png").write_bytes(picture_png(maps))
    _write_overlays(maps, out / "overlays", scale=common_scale(maps) if common else None)
    write_text(out / "tree.svg", f"{tree_svg(sentence, word_pairs(sentence), standalone=True)}\n")
    write_csv(pairs, out / "pairs.csv")


def explain_html(
    maps: HeatMaps,
    sentence: Sentence,
    pairs: pd.DataFrame,
    *,
    unknown: Sequence[str] = (),
    facts: RunFacts | None = None,
    files: bool = False,
) -> str:
    """The page of one prompt as text; with ``files`` it links to what :func:`explain_page` writes beside it.

    ``unknown`` and ``facts`` as there.

    >>> import re
    >>> from visuosyn.studies.prompt.study import look
    >>> from visuosyn.testing import tiny_pipeline
    >>> seen = look("a red cat", pipeline=tiny_pipeline(), steps=1, masks=["soft"])
    >>> page = explain_html(seen.maps, seen.sentence, seen.pairs, facts=seen.facts)
    >>> re.search("<h1>(.*)</h1>", page).group(1), re.findall("<h2[^>]*>(.*?)</h2>", page)[1:]
    ('a red cat', ['Overlaps of all pairs', 'How to read these numbers', 'Methods, ready to paste'])
    """
    masks = tuple(dict.fromkeys(pairs["mask"]))
    return render(
        "visuosyn.studies.prompt",
        masks=masks,
        mask=first_mask(pairs),
        card=replace(make_card(maps, sentence, key="00000", source=png_uri(picture_png(maps))), caption_id=""),
        data=Markup(script_json(card_data(maps, sentence, pairs, masks))),
        pairs=[(rule, pairs.loc[pairs["mask"] == rule, list(SHOWN)].to_dict("records")) for rule in masks],
        dropped=maps.dropped,
        unknown=unknown,
        parser=" ".join(part for part in (sentence.parser, f"({sentence.scheme})") if part),
        steps=maps.steps,
        grid=maps.grid,
        files=files,
        facts=None if facts is None else prose.prompt_facts(facts, masks=masks),
        methods=None if facts is None else prose.prompt_methods(facts, masks=masks, pairs=_count_pairs(pairs)),
        bibtex=bibtex(prose.SOURCES),
    )


def _count_pairs(pairs: pd.DataFrame) -> int:
    """How many pairs of words were measured, each once: two words may stand in several relations."""
    return len({frozenset(one) for one in zip(pairs["head_position"], pairs["dependent_position"], strict=True)})


def overlay_name(row: int, word: str) -> str:
    """A file name for a word's overlay that is safe everywhere.

    >>> overlay_name(3, "hot/dog"), overlay_name(12, "Straße"), overlay_name(0, "?")
    ('03-hot_dog.png', '12-Straße.png', '00-_.png')
    """
    safe = re.sub(r"[^\w-]", "_", word)[:40]
    return f"{row:02d}-{safe}.png"


def _write_overlays(maps: HeatMaps, folder: Path, *, scale: float | None) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.glob("[0-9][0-9]*-*.png"):  # of an earlier prompt
        path.unlink()
    for row, word in enumerate(maps.words):
        one = maps[row]
        top = float(one.array.max(initial=0)) if scale is None else scale
        label = PngInfo()
        label.add_itxt("Description", f"{word.text}: brightest at {top:.4g} of the attention")
        image = overlay(maps.image, one, size=display_size(maps), scale=scale)
        image.save(folder / overlay_name(row, word.text), pnginfo=label)

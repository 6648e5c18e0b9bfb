"""What a notebook shows of maps, pairs and studies: small pieces of HTML with their pictures inside."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from visuosyn.data import HeatMap, HeatMaps, Word
from visuosyn.data.masks import MaskRule
from visuosyn.measure.overlap import overlaps
from visuosyn.report.render import points
from visuosyn.report.tables import MIN_PROMPTS, SUMMARY_ROWS, first_mask, one_rule, reader_table
from visuosyn.run import RunFolder
from visuosyn.view.overlays import (
    BOTH,
    DEPENDENT,
    HEAD,
    backdrop,
    common_scale,
    display_size,
    overlay,
    pair_overlay,
)

if TYPE_CHECKING:
    from visuosyn.studies.results import PromptStudy, Study

LARGE, SMALL, TINY = 256, 96, 64  # the longer side of a picture, of a word's map, of one among many, in pixels
ROWS = 12  # of a table
MANY = 24  # words from which their maps are tiny
COLUMN = "display:inline-block;vertical-align:top;margin:2px 4px;text-align:center;font-size:12px"


@dataclass(frozen=True, repr=False)
class Shown:
    """HTML that a notebook displays; ``print`` gives its source, ``repr`` its text, a line for each row of a table.

    >>> Shown("<table><tr><th>obj</th><td>40.0<br>[38, 42]</td></tr><tr><th>det</th><td>–</td></tr></table>")
    obj 40.0 [38, 42]
    det –
    """

    html: str

    def __repr__(self) -> str:
        lines = (Markup(re.sub("</t[hd]>|<br>", " ", line)).striptags() for line in re.split("</tr>|</p>", self.html))
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html


@dataclass(frozen=True, repr=False)
class PairView:
    """Two words' areas over their picture: ``image`` in three colours, the overlaps as fractions (NaN: empty area)."""

    image: Image.Image
    head: str
    dependent: str
    rule: str
    iou: float
    iod: float
    ioh: float

    def __repr__(self) -> str:
        numbers = f"IoU {self.iou:.3f}, IoD {self.iod:.3f}, IoH {self.ioh:.3f}"
        return f"PairView(head {self.head!r}, dependent {self.dependent!r}, {self.rule}: {numbers})"

    def _repr_html_(self) -> str:
        colours = zip(
            ("head " + self.head, "dependent " + self.dependent, "both"), (HEAD, DEPENDENT, BOTH), strict=True
        )
        key = Markup("<br>").join(
            Markup('<span style="display:inline-block;width:12px;height:12px;background:rgb{}"></span> {}').format(
                c, name
            )
            for name, c in colours
        )
        rows = Markup("").join(
            Markup('<tr><th style="text-align:left">{}</th><td>{}</td><td style="text-align:left">{}</td></tr>').format(
                name, "–" if np.isnan(value) else f"{100 * value:.1f} %", told
            )
            for name, value, told in (
                ("IoU", self.iou, "of both areas together"),
                ("IoD", self.iod, "of the dependent’s area"),
                ("IoH", self.ioh, "of the head’s area"),
            )
        )
        return str(
            Markup(
                '<div style="display:flex;gap:16px;align-items:flex-start">{}<div>{}<p style="margin:8px 0 2px">'
                "The overlap under {} is</p><table>{}</table></div></div>"
            ).format(_picture(self.image, f"{self.head} and {self.dependent}", LARGE), key, self.rule, rows)
        )


def word_overlay(maps: HeatMaps, word: str | int | Word, *, common: bool = False, **look: Any) -> Image.Image:
    """A word's map over its picture, as large as the page shows it; see :func:`~visuosyn.view.overlays.overlay`.

    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.01, 0.0]], [[0.0, 0.03]]])
    >>> image = word_overlay(maps, "ball", common=True)
    >>> image.size, image.getpixel((0, 0)), image.getpixel((255, 0))  # cold to the left, where the ground shows
    ((256, 128), (38, 38, 42), (220, 222, 146))
    """
    scale = {"scale": common_scale(maps)} if common else {}
    return overlay(maps.image, maps[word], **({"size": display_size(maps)} | scale | look))


def pair_view(
    maps: HeatMaps, head: str | int | Word, dependent: str | int | Word, *, rule: str | MaskRule = "relative:0.4"
) -> PairView:
    """The areas of two words under a mask rule, measured and drawn at the latent grid.

    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.9, 0.5, 0.1]], [[0.1, 0.5, 0.9]]])
    >>> pair_view(maps, "ball", "red", rule="relative:0.5")
    PairView(head 'ball', dependent 'red', relative:0.5: IoU 0.333, IoD 0.500, IoH 0.500)
    >>> pair_view(maps, "ball", "red", rule="relative:0.6").iou
    0.0
    """
    rule = MaskRule.parse(rule)
    one, other = maps[head], maps[dependent]
    areas = rule.apply(np.stack([one.array, other.array]), steps=maps.steps)
    found = overlaps(areas, [0], [1], soft=rule.kind == "soft")
    image = pair_overlay(maps.image, areas[0], areas[1], size=display_size(maps))
    numbers = (float(values[0]) for values in (found.iou, found.iod, found.ioh))
    return PairView(image, one.word.text, other.word.text, str(rule), *numbers)


def maps_html(maps: HeatMaps) -> str:
    """The picture and a strip of its words, each map scaled by its own maximum, given in thousandths of attention.

    >>> import re
    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> re.findall('alt="([^"]*)"', maps_html(heat_maps("red ball", np.eye(2).reshape(2, 1, 2))))
    ['red ball', 'heat map of red', 'heat map of ball']
    """
    size = _within(display_size(maps), SMALL if len(maps) <= MANY else TINY)
    words = Markup("").join(
        Markup('<span style="{}" title="row {}">{}<br>{}<br><small>{:.1f}‰</small></span>').format(
            COLUMN,
            row,
            _picture(overlay(maps.image, maps[row], size=size), f"heat map of {word.text}", max(size)),
            word.text,
            1000 * float(maps.array[row].max(initial=0)),
        )
        for row, word in enumerate(maps.words)
    )
    seed = "" if maps.seed is None else f", seed {maps.seed}"
    lost = "; ".join(f"{d.what} “{d.text[:60]}”: {d.reason}" for d in maps.dropped[:6])
    more = f"; and {len(maps.dropped) - 6} more" if len(maps.dropped) > 6 else ""
    return str(
        Markup(
            '<div style="display:flex;gap:12px;align-items:flex-start"><div>{}</div><div style="flex:1">{}</div></div>'
            '<p style="font-size:12px;margin:4px 0">{}: {} steps, grid {} × {}{}; each map is scaled by its own '
            "maximum, given below its word.{}</p>"
        ).format(
            _picture(backdrop(maps.image, display_size(maps)), maps.prompt, LARGE),
            words,
            _shortened(maps.prompt),
            maps.steps,
            *maps.grid,
            seed,
            f" Dropped: {lost}{more}." if lost else "",
        )
    )


def map_html(one: HeatMap) -> str:
    """One word's map in colour, without its picture.

    >>> import re
    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.01, 0.0]], [[0.0, 0.03]]])
    >>> re.sub("<[^>]*>", " ", map_html(maps["ball"])).split()
    ['ball', '30.0‰']
    """
    size = _within((one.array.shape[1] * 16, one.array.shape[0] * 16), LARGE // 2)
    top = 1000 * float(one.array.max(initial=0))
    picture = _picture(overlay(None, one, size=size, opacity=1), f"heat map of {one.word.text}", max(size))
    told = Markup('<span style="{}">{}<br>{}<br><small>{:.1f}‰</small></span>')
    return str(told.format(COLUMN, picture, one.word.text, top))


def relations_html(relations: pd.DataFrame, *, mask: str | None = None, scheme: str = "ud", most: int = ROWS) -> Shown:
    """A relation table as a reader wants to see it: one mask rule, the summary rows, then the commonest relations.

    Percentage points with 95% intervals; a dagger marks relations under 20 prompts. ``mask`` defaults to
    relative:0.4, or to the first rule of the table. Raises UserError for a rule that was not measured.

    >>> import re
    >>> from visuosyn.testing import relation_rows
    >>> shown = relations_html(relation_rows({"obj": 25.0, "amod": -15.0}))
    >>> [re.sub("<[^>]*>", " ", line).split()[:4] for line in str(shown).split("<tr>")[2:]]
    [['obj', '100', '50', '40.0'], ['amod', '100', '50', '40.0']]
    """
    table = reader_table(relations, scheme=scheme)
    mask = first_mask(table) if mask is None else mask
    rows = one_rule(table, mask).head(most + len(SUMMARY_ROWS))
    heads = ("relation", "pairs", "prompts", "mIoU", "mIoD", "mIoH", "mIoD − mIoH", "")
    lines = Markup("").join(_relation_line(row) for _, row in rows.iterrows())
    left = (table["mask"] == mask).sum() - len(rows)
    note = f"Per cent under {mask}, 95% intervals over prompts; † fewer than {MIN_PROMPTS} prompts." + (
        f" {left} rarer relations are left out." if left else ""
    )
    return Shown(
        str(
            Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p><small>{}</small></p>").format(
                Markup("").join(Markup("<th>{}</th>").format(name) for name in heads), lines, note
            )
        )
    )


def _relation_line(row: pd.Series) -> Markup:
    words = {"head": "head’s area larger", "dependent": "dependent’s area larger"}.get(row["direction"], "")
    cells = [
        Markup('<th style="text-align:left">{}{}</th>').format(row["relation"], "†" if row["few"] else ""),
        *(Markup("<td>{:,}</td>").format(row[name]) for name in ("n_pairs", "n_prompts")),
        *(_estimate(row, name) for name in ("mIoU", "mIoD", "mIoH", "difference")),
        Markup('<td style="text-align:left">{}</td>').format(words),
    ]
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _estimate(row: pd.Series, name: str) -> Markup:
    if np.isnan(row[name]):
        return Markup("<td>–</td>")
    sign = name == "difference"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    interval = "" if np.isnan(low) else f"[{points(low, sign)}, {points(high, sign)}]"
    return Markup("<td>{}<br><small>{}</small></td>").format(points(row[name], sign), interval)


def study_html(study: Study) -> str:
    """A study at a glance: what was run, its relations under its first mask rule, where its report is.

    >>> import re
    >>> from visuosyn.studies.results import open_run
    >>> from visuosyn.testing import tiny_run
    >>> re.sub("<[^>]*>", "", study_html(open_run(tiny_run()))).partition(";")[0]
    '2 captions of relations.txt, 2 seeds each, drawn by StableDiffusionPipeline (1 step, guidance 7.5)'
    """
    facts = study.facts
    known = (study.folder.tables / "relations.csv").exists() and len(study.relations) > 0
    table = relations_html(study.relations, mask=facts.masks[0], scheme=facts.scheme) if known else ""
    return _at_a_glance(study.folder, f"{facts.captions:,} captions of {facts.corpus}", Markup(table))


def prompt_study_html(study: PromptStudy) -> str:
    """A study of prompts of its own making at a glance: what was run, the main table, where its report is.

    >>> import re
    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.studies.cohyponyms.study import CohyponymStudy
    >>> from visuosyn.testing import tiny_run
    >>> html = prompt_study_html(CohyponymStudy(RunFolder.open(tiny_run("cohyponyms"))))
    >>> re.sub("<[^>]*>", "", html).partition(";")[0]
    '18 prompts of balanced pairs, 1 seed each, drawn by StableDiffusionPipeline (1 step, guidance 7.5)'
    """
    facts = study.folder.facts
    return _at_a_glance(study.folder, f"{facts.captions:,} prompts of {facts.corpus}", _main_table(study))


def _main_table(study: PromptStudy) -> Markup:
    """The first rows of the main table under the first mask rule, empty where nothing could be measured."""
    name, columns = study.main
    if not (study.folder.tables / f"{name}.csv").exists():
        return Markup("")
    table, rule = study.table(name).rename(columns={"low": "estimate_low", "high": "estimate_high"}), ""
    if "mask" in table:
        rule = study.folder.facts.masks[0]
        table, rule = table[table["mask"] == rule], f" under {rule}"
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                _estimate(row, column)
                if f"{column}_low" in table
                else Markup('<th style="text-align:left">{}</th>').format(row[column])
                for column in columns
            )
        )
        for _, row in table.head(ROWS).iterrows()
    )
    heads = Markup("").join(Markup("<th>{}</th>").format(column) for column in columns)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p><small>{}</small></p>").format(
        heads,
        rows,
        f"Percentage points{rule}, 95% intervals; {min(ROWS, len(table))} of {len(table):,} rows, "
        f"the rest and the tests: .table({name!r})",
    )


def _at_a_glance(folder: RunFolder, drawn: str, table: Markup) -> str:
    facts, page = folder.facts, folder.page
    return str(
        Markup(
            "<p><strong>{}</strong>, {} drawn by {} ({}, guidance {:g}); {} dropped with reasons."
            "</p>{}<p><small>{}</small></p>"
        ).format(
            drawn,
            f"{len(facts.seeds)} seed{'s'[: len(facts.seeds) != 1]} each,",
            facts.model,
            f"{facts.steps} step{'s'[: facts.steps != 1]}",
            facts.guidance,
            f"{len(folder.dropped()):,}",
            table,
            f"The report: {page}" if page.exists() else f"No report yet: visuosyn report {folder.path}",
        )
    )


def _picture(image: Image.Image, alt: str, longer: int) -> Markup:
    """An image as an ``<img>`` with its bytes inside: JPEG, so that a page of photographs stays small."""
    size = _within(image.size, longer)
    held = io.BytesIO()
    image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(
        held, format="JPEG", quality=80 if longer > TINY else 50
    )
    source = base64.b64encode(held.getvalue()).decode("ascii")
    return Markup('<img src="data:image/jpeg;base64,{}" width="{}" height="{}" alt="{}">').format(
        source, *size, _shortened(alt)
    )


def _within(size: Sequence[int], longer: int) -> tuple[int, int]:
    """A size of the same shape whose longer side is ``longer``.

    >>> _within((512, 256), 100)
    (100, 50)
    """
    share = longer / max(size)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


def picture_html(image: Image.Image | None, text: str) -> str:
    """A picture with a line of text below it, or the line alone."""
    shown = Markup("") if image is None else _picture(image, text, LARGE) + Markup("<br>")
    return str(Markup("<div>{}{}</div>").format(shown, text))

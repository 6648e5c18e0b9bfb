"""What all figures have in common: sizes, fonts, text as text, greyscale, a place in the gallery."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from colorspacious import cspace_convert
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.builder import TREES, heat_maps, sentence, wandering
from visuosyn import view
from visuosyn.errors import UserError
from visuosyn.measure.course import course_table
from visuosyn.studies.adjectives import figures as adjective_figures
from visuosyn.studies.cohyponyms import figures as cohyponym_figures
from visuosyn.studies.relations import curves, figures
from visuosyn.studies.relations.curves import SIDES
from visuosyn.studies.relations.reference import published_table
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.tables import one_rule, reader_table
from visuosyn.testing import relation_rows
from visuosyn.view.styles import GREY, PALETTE, STYLES, canvas, save_figure, style, width_of

ROOMS = ["visuosyn.view", *(f"visuosyn.studies.{name}" for name in ("relations", "cohyponyms", "adjectives"))]
GALLERY = Path(__file__).parents[2] / "notebooks" / "4_figures.ipynb"
NAME = "$x_1$"  # what matplotlib takes for a formula
MONKEY = "a monkey with a hat walking"
ROWS = [(word.replace("hat", NAME), *facts) for word, *facts in TREES[MONKEY]]
MAPS = wandering(heat_maps(sentence(MONKEY.replace("hat", NAME), rows=ROWS), seed=2))
RULES = ("relative:0.3", "relative:0.4", "soft")
RELATIONS = reader_table(relation_rows({NAME: 25.0, "nmod:with": 12.0, "amod": -15.0}, masks=RULES))
ONE_RULE = one_rule(RELATIONS, "soft")
PUBLISHED = published_table(relation_rows({"obj": 25.0, "amod": -15.0})).replace({"relation": {"amod": NAME}})
OUTCOMES = {"right": 60.0, "swapped": 10.0, "leaked": 10.0, "other": 5.0, "missing": 15.0}


def table(**columns: object) -> pd.DataFrame:
    """Estimates with an interval."""
    return pd.DataFrame({"estimate": [12.0, 2.0, -9.0], "low": [8.0, -2.0, -13.0], "high": [16.0, 6.0, -5.0]} | columns)


ADJECTIVES = table(
    adjective=NAME, mask=NAME, few=False, n=30, reused=False, comparison=[NAME, "another seed", "no adjective"]
)
UNIVERSES = table(mask=RULES, normalisation="none", layers=["all", NAME, "all"], third="all", measure=DIFFERENCE)
CONTRASTS = table(relation=NAME, control=["chance", "rolled", NAME], measure="mIoU", n_pairs=90, few=False)
VARIANCE = pd.DataFrame({"measure": "mIoU", "factor": ["pair", NAME, "rest"], "share": [0.5, 0.2, 0.3]})
KINDS = {"cohyponyms": [40.0], "cohyponyms_low": [30.0], "cohyponyms_high": [50.0],
         "others": [60.0], "others_low": [50.0], "others_high": [70.0]}  # fmt: skip
SUBSETS = {"difference": [-20.0], "difference_low": [-35.0], "difference_high": [-5.0],
           "dyadic_low": [-40.0], "dyadic_high": [0.0], "n_cohyponyms": 24, "n_others": 24}  # fmt: skip
OF_KINDS = {"kind": ["cohyponyms", "others", "others"], "n_pairs": 1}

HELPERS = {"named_rows", "bare_left", "blank", "tight"}  # they give axes or a figure without data
OF_PICTURES = {"strip", "pair_sheet"}  # they need pictures of a run and stand in its report, not in the gallery
Made = Axes | list[Axes] | Figure
FIGURES: dict[str, tuple[str, str, Callable[[], Made]]] = {  # function (and variant): width, words in it, the figure
    "word_maps": ("column", "monkey", lambda: view.word_maps(MAPS)),
    "word_maps wide": ("page", "‰", lambda: view.word_maps(MAPS, width="page")),
    "contact_sheet": ("page", "monkey", lambda: view.contact_sheet([MAPS])),
    "word_course": ("column", "early", lambda: view.word_course(MAPS)),
    "word_course by step": ("page", "step 6", lambda: view.word_course(MAPS, by="step")),
    "time_course": ("column", "if spread evenly", lambda: view.time_course(course_table(MAPS))),
    "layer_profile": ("column", "layer", lambda: view.layer_profile(course_table(MAPS, by="layer"))),
    "relation_plane": ("column", "mIoH (%)", lambda: figures.relation_plane(ONE_RULE)),
    "relation_forest": ("column", "nmod:with", lambda: figures.relation_forest(ONE_RULE)),
    "overlap_by_rule": ("page", "mask rule and its level", lambda: figures.overlap_by_rule(RELATIONS)),
    "difference_by_rule": ("page", "relative", lambda: figures.difference_by_rule(RELATIONS)),
    "specification_curve": ("page", "3 analyses, sorted", lambda: curves.specification_curve(UNIVERSES)),
    "control_forest": ("page", "rolled", lambda: curves.control_forest(CONTRASTS)),
    "beside_published": ("page", "published", lambda: curves.beside_published(PUBLISHED)),
    "variance_bars": ("page", "share of the variance", lambda: curves.variance_bars(
        pd.concat([VARIANCE, VARIANCE.assign(measure=NAME)]))),
    "rate_forest": ("column", "both nouns", lambda: cohyponym_figures.rate_forest(
        table(pair=[NAME, "cat dog", "cat box"], rate=50.0, **OF_KINDS), "pair")),
    "kind_means": ("column", "per cent", lambda: cohyponym_figures.kind_means(
        pd.DataFrame({"outcome": ["both"], **KINDS}), {"both": NAME})),
    "difference_forest": ("page", "percentage points", lambda: cohyponym_figures.difference_forest(
        pd.DataFrame({"subset": [NAME], **SUBSETS}), "subset")),
    "link_forest": ("column", "odds ratio", lambda: cohyponym_figures.link_forest(
        table(mask=[NAME, NAME, "soft"], odds_ratio=0.8, **OF_KINDS | {"low": 0.6, "high": 1.1}))),
    "leakage_forest": ("column", "spread evenly", lambda: adjective_figures.leakage_forest(
        ADJECTIVES.assign(measure=["leakage", "noun_leakage", "chance"]), mask=NAME)),
    "leakage_by_rule": ("column", "adjective minus noun", lambda: adjective_figures.leakage_by_rule(
        ADJECTIVES.head(1).assign(measure="leakage - noun_leakage"))),
    "change_forest": ("page", "other objects", lambda: adjective_figures.change_forest(
        ADJECTIVES.assign(measure=["rgb_inside", "rgb_outside", "rgb_others"]))),
    "tint_forest": ("column", "without any adjective", lambda: adjective_figures.tint_forest(
        ADJECTIVES.assign(measure=["tinted", "tinted", "without adjective"]))),
    "binding_bars": ("page", "swapped", lambda: adjective_figures.binding_bars(
        pd.DataFrame([{"scene": "s", "measure": name, "estimate": e} for name, e in OUTCOMES.items()]),
        names={"s": NAME})),
    "strip": ("page", "free", lambda: adjective_figures.strip(
        [("free", [adjective_figures.Cell(NAME, MAPS.image)])], title=NAME)),
    "pair_sheet": ("page", "monkey", lambda: cohyponym_figures.pair_sheet([(NAME, [(MAPS, MAPS.array[:2])])])),
}  # fmt: skip


def figure_of(name: str, look: str = "paper") -> Figure:
    with style(look):
        made = FIGURES[name][2]()
    first = made[0] if isinstance(made, list) else made
    figure = first if isinstance(first, Figure) else first.figure.get_figure(root=True)
    assert figure is not None
    return figure


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    folder = tmp_path_factory.mktemp("figures")
    return cache(lambda name, look: save_figure(figure_of(name, look), folder / f"{name} {look}", formats=("pdf",))[0])


def modules() -> list[ModuleType]:
    """All modules of the rooms where figures are made."""
    rooms = [import_module(name) for name in ROOMS]
    return [
        import_module(f"{room.__name__}.{one.name}") for room in rooms for one in pkgutil.iter_modules(room.__path__)
    ]


def public_figures() -> set[str]:
    """The public functions of these modules that give axes or a figure of data."""
    functions = [one for module in modules() for one in vars(module).values() if inspect.isfunction(one)]
    drawing = {one for one in functions if inspect.signature(one).return_annotation in ("Axes", "list[Axes]", "Figure")}
    return {one.__name__ for one in drawing if one.__name__[0] != "_"} - HELPERS


def test_no_public_figure_is_missing_here() -> None:
    assert len(public_figures()) >= 20
    assert public_figures() == {name.split()[0] for name in FIGURES}


def test_the_gallery_shows_every_figure_that_a_table_or_maps_give() -> None:
    cells = json.loads(GALLERY.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert public_figures() - OF_PICTURES <= set(re.findall(r"= (\w+)\(", code))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("look", ["paper", "slides"])
def test_every_figure_is_as_wide_as_its_column_to_a_tenth_of_a_millimetre(
    pdf: Callable[[str, str], Path], name: str, look: str
) -> None:
    assert media_box(pdf(name, look))[0] == pytest.approx(STYLES[look][FIGURES[name][0]], abs=0.1)


def media_box(pdf: Path) -> tuple[float, float]:
    head = pdf.read_bytes().partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    return float(head[2]) / 72 * 25.4, float(head[3]) / 72 * 25.4


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext and pdffonts of poppler")
@pytest.mark.parametrize("name", FIGURES)
def test_labels_are_text_and_fonts_are_embedded(pdf: Callable[[str, str], Path], name: str) -> None:
    path = str(pdf(name, "paper"))
    text = subprocess.check_output(["pdftotext", "-layout", path, "-"], text=True)
    assert FIGURES[name][1] in text and NAME in text, text
    fonts = subprocess.check_output(["pdffonts", path], text=True).splitlines()[2:]
    assert fonts and all(line.split()[-5:-3] == ["yes", "yes"] for line in fonts), fonts  # embedded, subset
    assert not any("Type 3" in line for line in fonts)


@pytest.mark.parametrize("name", FIGURES)
def test_a_label_with_dollars_is_text_and_no_formula(name: str) -> None:
    texts = [t for t in figure_of(name).findobj(Text) if t.get_visible() and t.get_text().count("$") > 1]
    assert texts and not any(text.get_parse_math() for text in texts), texts


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_in_greyscale_every_line_stands_out_from_paper() -> None:
    """3 to 1 against white, as WCAG asks of graphics."""
    colours = (*PALETTE, GREY, *(colour for colour, *_ in SIDES.values()))
    contrast = {colour: 1.05 / (luminance(colour) + 0.05) for colour in colours}
    assert all(value > 3 for value in contrast.values()), contrast


@pytest.mark.parametrize("name", ["variance_bars", "binding_bars"])
def test_stacked_segments_differ_without_colour(name: str) -> None:
    (ax,) = figure_of(name).axes
    bars = [container[0] for container in ax.containers]
    looks = {(bar.get_hatch(), to_rgb(bar.get_facecolor()) == (1, 1, 1)) for bar in bars}
    assert len(looks) == len(bars) > 2


@pytest.mark.parametrize("sight", ["all colours", "deuteranomaly", "protanomaly"])
def test_no_two_colours_look_alike(sight: str) -> None:
    """Distances in CAM02-UCS, colour blindness after Machado et al. (2009); both by colorspacious."""
    seen = np.array([to_rgb(colour) for colour in PALETTE])
    if sight != "all colours":
        seen = cspace_convert(seen, {"name": "sRGB1+CVD", "cvd_type": sight, "severity": 100}, "sRGB1").clip(0, 1)
    places = cspace_convert(seen, "sRGB1", "CAM02-UCS")
    apart = np.linalg.norm(places[:, None] - places, axis=2)[np.triu_indices(len(PALETTE), 1)]
    assert apart.min() > 15


def test_heights_grow_with_the_style_and_the_style_ends_with_its_block() -> None:
    with style("slides"):
        figure, _ = canvas("page", 77)
        assert width_of("column") == 160
    assert tuple(25.4 * figure.get_size_inches()) == pytest.approx((300, 160))
    assert width_of() == 77
    with pytest.raises(UserError, match="use column or page"):
        width_of("leaf")

"""For readers: tables, figures and pages of a study or of one prompt.

    write_report("run")                  # tables/, figures/, images/ and index.html of a measured run folder
    explain_page(maps, sentence, pairs, "out")
    with style("paper"):
        axes = relation_forest(one_rule(reader_table(study.relations), "relative:0.4"))

The names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visuosyn.report.adjective_figures import binding_bars, change_forest, leakage_forest, tint_forest
    from visuosyn.report.cohyponym_figures import difference_forest, kind_means, link_forest, rate_forest
    from visuosyn.report.courses import layer_profile, time_course
    from visuosyn.report.curves import beside_published, control_forest, specification_curve, variance_bars
    from visuosyn.report.explain import explain_html, explain_page
    from visuosyn.report.figures import (
        difference_by_rule,
        overlap_by_rule,
        relation_forest,
        relation_plane,
    )
    from visuosyn.report.notebook import (
        map_html,
        maps_html,
        pair_view,
        prompt_study_html,
        relations_html,
        study_html,
        word_overlay,
    )
    from visuosyn.report.overlays import common_scale, overlay, pair_overlay
    from visuosyn.report.page import write_report
    from visuosyn.report.sentences import sentence_html
    from visuosyn.report.sheets import contact_sheet, word_course, word_maps
    from visuosyn.report.styles import canvas, save_figure, style
    from visuosyn.report.tables import one_rule, reader_table, relations_latex

_HOME = {
    "binding_bars": "adjective_figures",
    "change_forest": "adjective_figures",
    "leakage_forest": "adjective_figures",
    "tint_forest": "adjective_figures",
    "difference_forest": "cohyponym_figures",
    "kind_means": "cohyponym_figures",
    "link_forest": "cohyponym_figures",
    "rate_forest": "cohyponym_figures",
    "variance_bars": "curves",
    "specification_curve": "curves",
    "control_forest": "curves",
    "beside_published": "curves",
    "canvas": "styles",
    "common_scale": "overlays",
    "contact_sheet": "sheets",
    "difference_by_rule": "figures",
    "explain_html": "explain",
    "explain_page": "explain",
    "layer_profile": "courses",
    "map_html": "notebook",
    "maps_html": "notebook",
    "one_rule": "tables",
    "overlap_by_rule": "figures",
    "overlay": "overlays",
    "pair_overlay": "overlays",
    "pair_view": "notebook",
    "prompt_study_html": "notebook",
    "reader_table": "tables",
    "relation_forest": "figures",
    "relation_plane": "figures",
    "relations_html": "notebook",
    "relations_latex": "tables",
    "save_figure": "styles",
    "sentence_html": "sentences",
    "study_html": "notebook",
    "style": "styles",
    "time_course": "courses",
    "word_course": "sheets",
    "word_maps": "sheets",
    "word_overlay": "notebook",
    "write_report": "page",
}

__all__ = [
    "beside_published",
    "binding_bars",
    "canvas",
    "change_forest",
    "common_scale",
    "contact_sheet",
    "control_forest",
    "difference_by_rule",
    "difference_forest",
    "explain_html",
    "explain_page",
    "kind_means",
    "layer_profile",
    "leakage_forest",
    "link_forest",
    "map_html",
    "maps_html",
    "one_rule",
    "overlap_by_rule",
    "overlay",
    "pair_overlay",
    "pair_view",
    "prompt_study_html",
    "rate_forest",
    "reader_table",
    "relation_forest",
    "relation_plane",
    "relations_html",
    "relations_latex",
    "save_figure",
    "sentence_html",
    "specification_curve",
    "study_html",
    "style",
    "time_course",
    "tint_forest",
    "variance_bars",
    "word_course",
    "word_maps",
    "word_overlay",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'visuosyn.report' has no attribute {name!r}")
    return getattr(import_module(f"visuosyn.report.{_HOME[name]}"), name)

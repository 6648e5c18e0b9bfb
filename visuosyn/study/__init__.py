"""The studies, composed of the stages. ``visuosyn.study(...)`` calls the main one."""

from visuosyn.callable import make_callable
from visuosyn.study.adjectives import AdjectiveStudy, adjectives, report_adjectives
from visuosyn.study.cohyponyms import CohyponymStudy, cohyponyms, report_cohyponyms
from visuosyn.study.compare import compare_stage
from visuosyn.study.explain import Look, explain, look, write_look
from visuosyn.study.presets import PRESETS, preset
from visuosyn.study.relations import study, trace_corpus
from visuosyn.study.result import Study, open_run
from visuosyn.study.settings import MASKS, Settings, parse_edges, parse_masks, parse_names, parse_seeds, settings_of
from visuosyn.study.stages import measure_stage, parse_stage, report_stage, trace_stage
from visuosyn.study.trees import parse_corpus

__all__ = [
    "MASKS",
    "PRESETS",
    "AdjectiveStudy",
    "CohyponymStudy",
    "Look",
    "Settings",
    "Study",
    "adjectives",
    "cohyponyms",
    "compare_stage",
    "explain",
    "look",
    "measure_stage",
    "open_run",
    "parse_corpus",
    "parse_edges",
    "parse_masks",
    "parse_names",
    "parse_seeds",
    "parse_stage",
    "preset",
    "report_adjectives",
    "report_cohyponyms",
    "report_stage",
    "settings_of",
    "study",
    "trace_corpus",
    "trace_stage",
    "write_look",
]

make_callable(__name__, study)

"""The studies, composed of the stages. ``visuosyn.study(...)`` calls the main one."""

from visuosyn.callable import make_callable
from visuosyn.study.relations import study, trace_corpus
from visuosyn.study.result import Study, open_run
from visuosyn.study.settings import MASKS, Settings, parse_masks, parse_seeds, parse_size
from visuosyn.study.stages import measure_stage, parse_stage, report_stage, trace_stage

__all__ = [
    "MASKS",
    "Settings",
    "Study",
    "measure_stage",
    "open_run",
    "parse_masks",
    "parse_seeds",
    "parse_size",
    "parse_stage",
    "report_stage",
    "study",
    "trace_corpus",
    "trace_stage",
]

make_callable(__name__, study)

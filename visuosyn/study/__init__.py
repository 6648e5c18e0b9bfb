"""The studies, composed of the stages. The package is called like its main study, ``study``:

    found = vs.study("captions.txt", out="run", seeds=range(4))                # of dependency relations
    found = vs.study("coco.json", out="run", **vs.study.preset("paper"))       # as published
    found = vs.study.adjectives(out="leaks")
    found = vs.study.cohyponyms(out="pairs")
    found = vs.study.open_run("run")                                           # a finished one again

Each draws, traces, measures and reports in one run folder, and goes on where it was stopped. The stages can be run
one by one:

>>> import tempfile
>>> from pathlib import Path
>>> import visuosyn as vs
>>> from visuosyn.testing import tiny_pipeline
>>> settings = vs.study.settings_of(model=tiny_pipeline(), steps=1, masks="relative:.4")
>>> with tempfile.TemporaryDirectory() as folder:
...     captions = Path(folder, "captions.txt")
...     _ = captions.write_text("a red cat")
...     run = vs.study.trace_corpus(captions, out=Path(folder, "run"), settings=settings)
...     vs.study.measure_stage(run)
...     run.pairs()[["relation", "head", "dependent"]].values.tolist()[:2]
[['det', 'cat', 'a'], ['amod', 'cat', 'red']]
"""

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

"""The studies as commands: a table of them, each with its function, its help and what it says when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from visuosyn.cli import panels
from visuosyn.cli.derived import Derived
from visuosyn.studies.options import declared


@dataclass(frozen=True)
class StudyCommand:
    """A study as the command line knows it before the study is loaded.

    ``home`` is the module and the name of its public function, ``help`` is Markdown, and ``summary`` gives the lines
    to print about what the function returned.
    """

    name: str
    home: str
    panel: str
    help: str
    summary: Callable[[Any], list[str]]

    @property
    def run(self) -> Callable[..., Any]:
        """The public function; loading it takes a second."""
        module, _, name = self.home.partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function


def report_lines(lost: str, result: Any) -> list[str]:
    """Where the report is, and first how much of what was not used, with the file of the reasons."""
    folder = result.folder
    dropped = len(folder.dropped())
    note = [lost.format(dropped) + f"; the reasons: {folder.dropped_file}"] if dropped else []
    return [*note, f"Report: {folder.page}"]


RELATIONS = StudyCommand(
    name="study",
    home="visuosyn.studies.relations.study:study",
    panel=panels.STUDIES,
    help="""
    Draw a corpus, trace its words, measure their overlaps, write the report.

    Every caption is parsed and drawn; the heat map of every word is recorded; the overlap of head and dependent is
    measured for each relation. All goes into one folder, whose index.html is the report.

    Stopped half-way, also by a crash, the same command goes on where it was.

    **Examples**

        visuosyn study captions.txt --out runs/first
        visuosyn study captions.csv --column caption --seeds 0-3 --out runs/four
        visuosyn study coco.json --limit 100 --steps 30 --out runs/coco
        visuosyn study captions_val2014.json --preset paper --out runs/paper
        visuosyn study captions.txt --swapped amod --out runs/swapped
    """,
    summary=lambda found: report_lines("Not measured: {} words, pairs or captions", found),
)
COHYPONYMS = StudyCommand(
    name="cohyponyms",
    home="visuosyn.studies.cohyponyms.study:cohyponyms",
    panel=panels.WORDS,
    help="""
    Draw pairs of cohyponyms and of other nouns, judge what is there, measure and report.

    Are a giraffe and a zebra harder to draw together than a zebra and a fridge, and does the attention of the two
    words show it? Every pair is drawn in both orders and four templates. Stopped half-way, the same command goes on.

    **Examples**

        visuosyn cohyponyms --out runs/cohyponyms
        visuosyn cohyponyms --out runs/mine --pairs pairs.csv --seeds 0-7
        visuosyn cohyponyms --out runs/sd --model stabilityai/stable-diffusion-2-base \
--judge google/owlv2-base-patch16-ensemble
    """,
    summary=lambda found: report_lines("Not used: {} nouns, pairs, prompts or pictures", found),
)
ADJECTIVES = StudyCommand(
    name="adjectives",
    home="visuosyn.studies.adjectives.study:adjectives",
    panel=panels.WORDS,
    help="""
    Draw scenes under changed adjectives from one noise, measure what changes, report.

    Does an adjective look beyond its noun, and does it colour the rest of the scene? Every scene is drawn with each
    adjective, freely and with the attention of the first one, without any, and with another noun. A template is a
    prompt with {} for the adjective and its nouns in brackets; with two {} it asks which noun gets which adjective.

    **Examples**

        visuosyn adjectives --out runs/adjectives
        visuosyn adjectives --out runs/mine --templates templates.csv --seeds 0-7
    """,
    summary=lambda found: report_lines("Not measured: {} templates or words", found),
)
STUDIES = (RELATIONS, COHYPONYMS, ADJECTIVES)
PROMPT = StudyCommand(
    name="explain",
    home="visuosyn.studies.prompt.study:explain",
    panel=panels.SINGLE,
    help="""
    Draw one prompt: its picture, an overlay a word, the tree, all overlaps.

    **Example**

        visuosyn explain "a monkey with a hat walking" --out monkey
    """,
    summary=lambda page: [f"Page: {page}"],
)


def study_command(study: StudyCommand, *, resumes: bool = True) -> Derived:
    """The command of a study; one that does not resume has no progress to show either.

    >>> [one.name for one in study_command(COHYPONYMS).options()][:4]
    ['out', 'pairs', 'nouns', 'per_class']
    """

    def run(**options: Any) -> Iterable[str]:
        return study.summary(study.run(**options))

    return Derived(study.name, study.help, study.panel, lambda: declared(study.run), run, resumes=resumes)


PROMPT_COMMAND = study_command(PROMPT, resumes=False)

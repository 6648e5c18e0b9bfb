"""What keeps the house in order as it grows: small modules, one class a name, every study's words in its own folder."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from statistics import median

import pytest

from tests.source_tree import FILES, PACKAGE, ROOT, TRAINING, relative

LONGEST, MEDIAN = 350, 130

# A study's own words, and where else they may stand.
WORDS = {
    "cohyponyms": r"co-?hyponym",
    "adjectives": r"leak(age|ed|s)|\bbindings?\b|AdjectiveStudy",
    "relations": r"\bmIo[UDH]\b|mio[udh]_|relation_(table|forest|plane)|\bdominance|(find|show)-?relation|#relation-",
    "prompt": r"PromptResult|explain_html",
}
ELSEWHERE = {
    "cohyponyms": {
        "__init__.py": "the public function",
        "lexicon/": "it says which nouns are cohyponyms",
        "studies/registry.py": "the line of the study",
        "cli/lexicon.py": "the command of the lexicon",
        "cli/__init__.py": "an example: what the lexicon says",
        "cli/app.py": "an example: what the lexicon says",
        "cli/judging.py": "an example: pictures to judge",
        "cli/studies.py": "an example: the options of a study's command",
        "testing/runs.py": "a small run of each study",
    },
    "adjectives": {},
    "relations": {
        "cli/planning.py": "an option is the difference to be found",
        "microworld/scoring/planted.py": "mean overlaps of maps beside those of the true masks",
        "testing/tables.py": "a table of relations made by hand",
    },
    "prompt": {
        "app/web.py": "its page is that of the study of one prompt",
    },
}
TEXTS = sorted(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".html", ".js", ".css"))


def elsewhere(study: str) -> dict[str, list[int]]:
    """File -> lines in which a study's words stand where they must not."""
    home, word = f"studies/{study}/", re.compile(WORDS[study], re.IGNORECASE)
    found = {}
    for path in TEXTS:
        name = relative(path)
        if not name.startswith((home, *ELSEWHERE[study])):
            lines = path.read_text(encoding="utf-8").splitlines()
            found[name] = [number for number, line in enumerate(lines, 1) if word.search(line)]
    return {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("study", WORDS)
def test_words_of_a_study_stand_in_its_folder_alone(study: str) -> None:
    assert elsewhere(study) == {}


@pytest.mark.parametrize("study", WORDS)
def test_its_words_and_its_exceptions_are_there(study: str) -> None:
    """Words that nobody uses, or a place that has none of them, would make the test above pass in silence."""
    word = re.compile(WORDS[study], re.IGNORECASE)
    there = [relative(path) for path in TEXTS if word.search(path.read_text(encoding="utf-8"))]
    for place in (f"studies/{study}/", *ELSEWHERE[study]):
        assert any(name.startswith(place) for name in there), place


def test_modules_are_small() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in [*FILES, *TRAINING]}
    assert {relative(path): count for path, count in lines.items() if count > LONGEST} == {}
    assert median(count for path, count in lines.items() if path.name != "__init__.py") <= MEDIAN


def test_no_two_classes_have_one_name() -> None:
    homes = defaultdict(list)
    for path in [*FILES, *TRAINING]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(relative(path))
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


@pytest.mark.parametrize("path", [*FILES, *TRAINING], ids=relative)
def test_examples_make_no_folders_of_their_own(path) -> None:
    """Every example runs in an empty folder, so that a bare file name will do."""
    lines = path.read_text(encoding="utf-8").splitlines()
    examples = [line for line in lines if line.lstrip().startswith((">>> ", "... "))]
    assert not [line for line in examples if re.search(r"tempfile|TemporaryDirectory|mkdtemp", line)]


def test_the_training_stands_outside_of_the_wheel() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^include = \["visuosyn\*"\]$', project, re.MULTILINE)

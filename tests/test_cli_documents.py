"""What the documents and the Makefile write as commands exists: each command, each of its options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from visuosyn.cli import app

ROOT = Path(__file__).parents[1]
FILES = ("README.md", "docs/reading.md", "Makefile")
# In a code span, on an indented line of its own, or in a recipe of the Makefile.
COMMAND = re.compile(r"(?:`|^ {4,}|^\t\$\(RUN\) )visuosyn ((?:world )?[a-z][a-z-]*)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def options_of(name: str) -> set[str]:
    """The options of a command, as its help would list them."""
    command, context = get_command(app), None
    for word in name.split():
        command = command.commands[word]
    context = command.make_context(name, [], resilient_parsing=True)
    return {option for parameter in context.command.get_params(context) for option in parameter.opts}


def written(text: str) -> list[tuple[str, list[str]]]:
    """The commands in a text, each with the options written after it."""
    return [(name, OPTION.findall(rest)) for name, rest in COMMAND.findall(re.sub(r"\\\n *", "", text))]


def test_commands_are_found_in_a_text():
    text = "run `visuosyn study a.txt --out DIR \\\n  --limit 3`, then\n\n    visuosyn world draw x --out cat.png\n"
    assert written(text) == [("study", ["--out", "--limit"]), ("world draw", ["--out"])]
    assert {"--keep", "--mask", "--preset", "--quiet"} <= options_of("study")


@pytest.mark.parametrize("file", FILES)
def test_every_command_and_option_exists(file):
    found = written((ROOT / file).read_text(encoding="utf-8"))
    assert found
    for name, options in found:
        assert set(options) <= options_of(name), name


def test_the_readme_shows_most_commands():
    named = {name.split()[0] for name, _ in written((ROOT / "README.md").read_text(encoding="utf-8"))}
    shown = {name for name, command in get_command(app).commands.items() if command.rich_help_panel != "Upkeep"}
    assert len(shown - named) <= 3, shown - named

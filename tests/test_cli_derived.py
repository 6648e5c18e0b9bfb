"""Commands made of functions: the same options, the same defaults, and who wins where several say something."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

import visuosyn
from visuosyn.app import serve
from visuosyn.cli import app
from visuosyn.cli.console import resumable
from visuosyn.cli.derived import Derived, add
from visuosyn.cli.studies import commands
from visuosyn.studies import options as o
from visuosyn.studies import registry
from visuosyn.studies.options import Option, declared, option_of
from visuosyn.studies.registry import StudyEntry
from visuosyn.studies.relations.presets import PRESETS

FUNCTIONS = {
    "study": visuosyn.study,
    "cohyponyms": visuosyn.cohyponyms,
    "adjectives": visuosyn.adjectives,
    "explain": visuosyn.explain,
    "app": serve,
}
NOT_ON_THE_COMMAND_LINE = {"progress", "wait"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_of_the_function_is_an_option_of_the_command(name):
    said = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [name, "--help"]).stdout
    options = {parameter.name: parameter for parameter in declared(FUNCTIONS[name])}
    assert set(inspect.signature(FUNCTIONS[name]).parameters) - set(options) <= NOT_ON_THE_COMMAND_LINE
    for parameter in options.values():
        option = option_of(parameter)
        assert option is not None
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert (option.flag or f"--{parameter.name.replace('_', '-')}") + " " in said
        if isinstance(parameter.default, str | int | float) and parameter.default not in ("", False):
            assert f"[default: {parameter.default}]" in said
        assert option.help in " ".join(said.replace("│", " ").split())


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options that a study was called with, in place of the study."""
    from visuosyn.studies.relations import study as module

    kept: dict[str, Any] = {}
    real = module.study

    def study(**values: Any) -> None:
        kept.update(values)
        raise visuosyn.UserError("called")

    study.__signature__ = inspect.signature(real)  # type: ignore[attr-defined]
    study.__annotations__ = inspect.get_annotations(real, eval_str=True)
    monkeypatch.setattr(module, "study", study)
    return kept


def test_without_options_a_command_calls_its_function_with_the_functions_own_defaults(called):
    CliRunner().invoke(app, ["study", "captions.txt", "--out", "run", "--quiet"])
    assert called.pop("progress") is None
    assert (called.pop("corpus"), called.pop("out")) == (Path("captions.txt"), Path("run"))
    defaults = {name: one.default for name, one in inspect.signature(visuosyn.study).parameters.items()}
    assert called == {name: defaults[name] for name in called}
    assert set(defaults) - set(called) == {"corpus", "out", "progress"}


def test_what_is_written_wins_over_a_preset_and_a_preset_over_defaults(called):
    written = ["--preset", "notebook", "--limit", "20", "--noise", "caption", "--mask", "soft", "--mask", "area:0.2"]
    CliRunner().invoke(app, ["study", "captions.txt", "--out", "run", *written])
    assert (called["limit"], called["noise"], list(called["masks"])) == (20, "caption", ["soft", "area:0.2"])
    assert (called["preset"], called["model"]) == ("notebook", PRESETS["notebook"]["model"])
    assert (called["steps"], called["seeds"], called["batch_size"]) == (30, (0,), 8)


def test_an_unknown_preset_is_a_mistake_in_one_line():
    found = CliRunner().invoke(app, ["study", "captions.txt", "--out", "run", "--preset", "daam"])
    assert found.exit_code == 2
    assert found.stderr.splitlines()[0].startswith("Error: preset 'daam' is not known: use paper or notebook")
    assert len(found.stderr.splitlines()) == 1


# --- a command from outside -------------------------------------------------------------------------------------------


def compose(
    theme: Annotated[str | Path, Option("Theme to vary.")],
    *,
    voices: Annotated[int, Option("Voices.", "Music", limits=(1, 8))] = 4,
    keys: Annotated[str | Iterable[str], Option("Keys.", "Music")] = ("c", "g"),
    pedal: Annotated[bool, Option("With the pedal.", "Music")] = False,
    tempo: Annotated[float | None, Option("Beats a minute.", "Music", flag="--beats")] = None,
    steps: o.Steps = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Any]:
    if progress:
        progress("rehearse", 1, 1)
    return [theme, voices, keys, pedal, tempo, steps]


@pytest.fixture
def music() -> typer.Typer:
    def run(**options: Any) -> list[str]:
        return [repr(value) for value in compose(**options)]

    music = typer.Typer(add_completion=False)
    music.callback()(lambda: None)
    add(music, Derived("compose", "Compose a piece.", "Music", lambda: declared(compose), run, resumes=True))
    return music


def test_types_flags_and_defaults_of_a_function_from_outside(music):
    found = CliRunner().invoke(music, ["compose", "ode.mid"])
    assert found.stdout.splitlines() == [repr(Path("ode.mid")), "4", "('c', 'g')", "False", "None", "None"]
    assert "rehearse" in found.stderr, "a stage that the command line has no name for is shown by its own"
    options = ["--voices", "8", "--keys", "d,a", "--pedal", "--beats", "90", "--steps", "3"]
    found = CliRunner().invoke(music, ["compose", "ode.mid", *options])
    assert found.stdout.splitlines()[1:] == ["8", "'d,a'", "True", "90.0", "3"]


def test_quietly_it_says_nothing(music):
    found = CliRunner().invoke(music, ["compose", "ode.mid", "-q"])
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize("options", [["--voices", "9"], ["--voices", "four"], ["--no-pedal"], ["--tempo", "90"], []])
def test_what_it_does_not_take(music, options):
    words = ["ode.mid", *options] if options else []
    assert CliRunner().invoke(music, ["compose", *words]).exit_code == 2


def test_stopped_it_says_how_to_go_on(music, monkeypatch):
    def stopped(**_: Any) -> list[str]:
        raise KeyboardInterrupt

    add(music, Derived("stopped", "Stop.", "Music", lambda: declared(compose), stopped, resumes=True))
    found = CliRunner().invoke(music, ["stopped", "ode.mid"])
    assert found.exit_code == 130
    assert "the same command goes on from there" in found.stderr


def test_the_list_of_commands_loads_no_study(music):
    def load() -> list[inspect.Parameter]:
        raise AssertionError("loaded")

    add(music, Derived("late", "Late.", "Music", load, compose))
    assert "Late." in CliRunner().invoke(music, ["--help"]).stdout
    assert isinstance(CliRunner().invoke(music, ["late", "--help"]).exception, AssertionError)


class Installed:
    """An entry point."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value


ENTRY = StudyEntry(
    name="sonatas",
    kind="tests.test_cli_derived:KIND",
    function="tests.test_cli_derived:compose",
    command="sonata",
    panel="Music",
    help="Compose a sonata.",
    summary=lambda piece: [f"Composed: {piece[0]}"],
)


def test_a_study_of_another_package_is_a_command_and_a_broken_one_a_warning(monkeypatch, capsys):
    points = [Installed("sonatas", "tests.test_cli_derived:ENTRY"), Installed("operas", "no.such.package:ENTRY")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "visuosyn.studies" else [])
    registry.entry.cache_clear()
    found = {command.name: command for command in commands()}
    registry.entry.cache_clear()
    assert {"study", "cohyponyms", "adjectives", "sonata"} == set(found)
    assert capsys.readouterr().err.startswith("Warning: the study of 'operas' cannot be loaded from no.such.package")
    outside = typer.Typer(add_completion=False)
    outside.callback()(lambda: None)
    add(outside, found["sonata"])
    assert "Compose a sonata." in CliRunner().invoke(outside, ["--help"]).stdout
    composed = CliRunner().invoke(outside, ["sonata", "ode.mid", "--voices", "2"])
    assert (composed.exit_code, composed.stdout) == (0, "Composed: ode.mid\n")


def test_ctrl_c_says_what_is_kept(tmp_path, capsys):
    """Before anything stands in the folder there is nothing to be kept."""
    for folder, told in ((tmp_path / "none", "Nothing was written yet"), (tmp_path, "What is finished is kept")):
        with pytest.raises(typer.Exit), resumable(folder):
            (tmp_path / "run.json").touch()
            raise KeyboardInterrupt
        assert told in capsys.readouterr().err

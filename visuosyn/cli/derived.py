"""Commands made of functions: the options of a command are the parameters that a function declares.

Modules of studies take long to load, so such a command knows its name and help at once and its options when it is
called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from typer.core import TyperCommand
from typer.main import get_command

from visuosyn.cli.console import bars, resumable, say
from visuosyn.cli.options import Quiet
from visuosyn.studies.options import Option, declared, option_of

SIMPLE = (Path, str, bool, int, float)  # the first of these that a parameter takes is what the command line gives it
CONTEXT, QUIET = "context", "quiet"


@dataclass(frozen=True)
class Derived:
    r"""A command whose options are parameters of a function.

    ``options`` gives the parameters (``visuosyn.studies.options.declared``); ``run`` gets their values by name and
    gives the lines to print. Where it ``resumes`` in the folder ``out``, it is also given ``progress``, and Ctrl-C says
    how to continue.

    >>> from visuosyn.studies.options import Steps
    >>> def draw(*, steps: Steps = 20) -> list[str]:
    ...     return [f"{steps} steps"]
    >>> command = Derived("draw", "Draw.", "Drawing", lambda: declared(draw), draw)
    >>> app = typer.Typer()
    >>> add(app, command)
    >>> from typer.testing import CliRunner
    >>> CliRunner().invoke(app, ["--steps", "3"]).stdout, CliRunner().invoke(app, []).stdout
    ('3 steps\n', '20 steps\n')
    """

    name: str
    help: str
    panel: str
    options: Callable[[], Sequence[inspect.Parameter]]
    run: Callable[..., Iterable[str]]
    resumes: bool = False


class LateCommand(TyperCommand):
    """A command with name and help; the whole one is made when it is called."""

    whole: Callable[[], Any]

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        """The context of the whole command."""
        return type(self).whole().make_context(*arguments, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the whole command, where this one is the only command of an app."""
        return ctx.command.invoke(ctx)


def add(app: typer.Typer, derived: Derived) -> None:
    """Give the command to an app."""
    late = type("Late", (LateCommand,), {"whole": staticmethod(lambda: _whole(derived))})
    app.command(derived.name, cls=late, help=derived.help, rich_help_panel=derived.panel)(lambda: None)


def typed(function: Callable[..., None]) -> Callable[..., None]:
    """A command written by hand, with typer's options in place of the shared declarations in its signature.

    >>> from visuosyn.studies.options import Steps
    >>> def draw(prompt: str, *, steps: Steps = None) -> None: ...
    >>> typed(draw).__annotations__["steps"].__metadata__[0].help
    "Denoising steps. (the model's own)"
    """
    shared = {parameter.name: typer_parameter(parameter) for parameter in declared(function)}
    found = inspect.signature(function, eval_str=True).parameters.values()
    return _signed(function, [shared.get(parameter.name, parameter) for parameter in found])


def typer_parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    """An option as typer reads it: a positional parameter is an argument, the others are options.

    >>> from visuosyn.studies.options import Seeds
    >>> def draw(*, seeds: Seeds = (0, 1)) -> None: ...
    >>> found = typer_parameter(*declared(draw))
    >>> found.annotation.__origin__, found.default  # the default is left to the function, and not shown
    (str | None, None)
    """
    option = option_of(parameter)
    assert option is not None, parameter
    plain = get_args(parameter.annotation)[0]
    kind = written_type(plain)
    required, default = parameter.default is parameter.empty, parameter.default
    if not required and not isinstance(default, get_origin(kind) or kind):
        kind, default = kind | None, None
    info = _info(option, parameter, flag=kind is bool)
    return parameter.replace(annotation=Annotated[kind, info], default=default, kind=inspect.Parameter.KEYWORD_ONLY)


def written_type(plain: Any) -> Any:
    """What the command line gives for a parameter of a type: the simplest of the types that it takes.

    >>> written_type(str | Iterable[int]), written_type(Iterable[str]), written_type(float | None)
    (<class 'str'>, list[str], <class 'float'>)
    """
    members = get_args(plain) if get_origin(plain) in (UnionType, Union) else (plain,)
    for simple in SIMPLE:
        if simple in members:
            return simple
    return list[str] if any(isinstance(get_origin(one), type) for one in members) else str


def _info(option: Option, parameter: inspect.Parameter, *, flag: bool) -> Any:
    about: dict[str, Any] = {"help": option.help, "rich_help_panel": option.panel or None}
    about["metavar"] = "" if flag else option.metavar or None
    if option.limits is not None:
        about["min"], about["max"] = option.limits
    if parameter.kind is not parameter.KEYWORD_ONLY:
        return typer.Argument(show_default=False, **about)
    names = [option.flag] if option.flag else [f"--{parameter.name.replace('_', '-')}"] if flag else []
    return typer.Option(*names, show_default=parameter.default not in (parameter.empty, None), **about)


def _whole(derived: Derived) -> Any:
    """The command with its options, as typer makes it."""
    options = derived.options()
    defaults = {one.name: one.default for one in options if one.default is not one.empty}

    def command(context: typer.Context, quiet: bool, **values: Any) -> None:
        values = _values(options, defaults, {name: values[name] for name in _written(context) if name in values})
        if not derived.resumes:
            _say(derived.run(**values), quiet)
            return
        with resumable(values.get("out", "")), bars(quiet) as progress:
            lines = derived.run(**values, progress=progress)
        _say(lines, quiet)

    context = inspect.Parameter(CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    quiet = inspect.Parameter(QUIET, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet)
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    signed = _signed(command, [context, *map(typer_parameter, options), quiet])
    app.command(derived.name, help=derived.help)(signed)
    return get_command(app)


def _values(
    options: Sequence[inspect.Parameter], defaults: Mapping[str, Any], written: Mapping[str, Any]
) -> dict[str, Any]:
    """The values to run with: what was written wins over what a written option stands for, and that over defaults."""
    meant: dict[str, Any] = {}
    for one in options:
        option = option_of(one)
        if option is not None and option.expand is not None and one.name in written:
            meant |= option.expand(written[one.name])
    return {**defaults, **meant, **written}


def _written(context: typer.Context) -> set[str]:
    """The options that were written on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def _say(lines: Iterable[str], quiet: bool) -> None:
    for line in lines:
        say(line, quiet=quiet)


def _signed(function: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """The function under another signature."""

    def command(**values: Any) -> None:
        function(**values)

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    )
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command

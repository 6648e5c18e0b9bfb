"""What the user sees: progress, messages, and one line for a mistake in place of a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text
from typer.core import TyperGroup

from visuosyn.errors import UserError

UNITS = {  # stage -> what it says of itself, and what it counts; another stage has its own name
    "trace": ("drawing", "images"),
    "measure": ("measuring", "batches"),
    "compare": ("comparing", "captions"),
    "judge": ("judging", "images"),
    "redraw": ("redrawing", "images"),
    "draw": ("drawing", "images"),
    "attend": ("attending", "scenes"),
    "render": ("rendering", "scenes"),
}
MISTAKE, INTERRUPTED = 2, 130
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


class Commands(TyperGroup):
    """The commands; a user's mistake is one line on stderr and exit code 2, Ctrl-C ends with 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        for library in ("TRANSFORMERS", "DIFFUSERS"):  # their remarks on what is not installed help nobody here
            os.environ.setdefault(f"{library}_VERBOSITY", "error")
        try:
            return super().invoke(ctx)
        except UserError as error:
            command = " ".join(filter(None, (ctx.command_path, ctx.invoked_subcommand)))
            note(f"Error: {' '.join(str(error).splitlines())} (more: {command} --help)")
            raise typer.Exit(MISTAKE) from None
        except OSError as error:
            if error.errno not in DISK:
                raise
            note(f"Error: {error.filename or 'cannot write'}: {error.strerror}")
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            note("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None


def say(text: str, *, quiet: bool = False) -> None:
    """A line of results, on stdout."""
    if not quiet:
        typer.echo(text)


def note(text: str) -> None:
    """A line about how it goes, on stderr."""
    typer.echo(text, err=True)


@contextmanager
def resumable() -> Iterator[None]:
    """Say on Ctrl-C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        note("\nStopped. What is finished is kept; the same command goes on from there:")
        note(f"  visuosyn {shlex.join(sys.argv[1:])}")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def bars(quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Progress bars on stderr, one a stage: done, rate, time left. Gives ``None`` when ``quiet``."""
    if quiet:
        yield None
        return
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    with ExitStack() as started:  # with the first bar: a progress without one leaves an empty line behind
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if not tasks:
                started.enter_context(progress)
            if stage not in tasks:
                name, unit = UNITS.get(stage, (stage, "units"))
                tasks[stage] = progress.add_task(name, total=total, unit=unit)
            progress.update(tasks[stage], completed=done)

        yield show


class Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        """Such as "0.8 images/s"."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.2g} {task.fields['unit']}/s", style="progress.data.speed")

"""What the user sees: progress, messages, and one line for a mistake in place of a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from visuosyn.errors import UserError

MISTAKE, INTERRUPTED = 2, 130
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


class Commands(TyperGroup):
    """The commands; a user's mistake is one line on stderr and exit code 2, Ctrl-C ends with 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        for library in ("TRANSFORMERS", "DIFFUSERS"):  # no warnings about packages that are not needed here
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


def group(name: str, help: str, **options: Any) -> typer.Typer:
    """An app of commands that all look and fail alike; ``options`` are further ones of typer's."""
    return typer.Typer(
        name=name,
        cls=Commands,
        help=help,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def say(text: str, *, quiet: bool = False) -> None:
    """A line of results, on stdout."""
    if not quiet:
        typer.echo(text)


def note(text: str) -> None:
    """A line about progress or a mistake, on stderr."""
    typer.echo(text, err=True)


@contextmanager
def resumable(folder: str | Path) -> Iterator[None]:
    """Say on Ctrl-C how to go on, where anything stands in the folder yet."""
    try:
        yield
    except KeyboardInterrupt:
        there = Path(folder).is_dir() and any(not one.name.startswith(".") for one in Path(folder).iterdir())
        kept = "What is finished is kept; the same command goes on from there"
        note(f"\nStopped. {kept if there else 'Nothing was written yet; the same command begins again'}:")
        note(f"  visuosyn {shlex.join(sys.argv[1:])}")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def bars(quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Progress bars on stderr, one a stage: done, rate, time left. Gives ``None`` when ``quiet``."""
    if quiet:
        yield None
        return
    from visuosyn.cli.progress import progress_bars  # a help page does without

    with progress_bars() as show:
        yield show

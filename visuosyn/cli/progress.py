"""Progress bars on stderr, one a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

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


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Gives what shows the progress of a stage: how much is done, at which rate, the time left."""
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

"""One process at a time works in a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from visuosyn.errors import UserError

LOCK = ".lock"


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """Hold a folder for the length of the block; it is made where it is missing.

    A process that holds it already may enter again, in the same thread. The system lets go of the lock when a process
    ends, however it ends. Raises UserError where another process, or another thread, holds the folder.

    >>> from pathlib import Path
    >>> from visuosyn.run.locks import LOCK
    >>> with locked("run"), locked("run"):
    ...     Path("run", LOCK).exists()
    True
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: a study needs a folder of its own")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, is_singleton=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"{folder} is in use by another visuosyn process. Wait until it ends, or choose another folder"
        ) from None
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()

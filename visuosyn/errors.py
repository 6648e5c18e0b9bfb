"""The one exception for a user's mistake, and the commonest mistake: a file that is not there."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """A mistake of the user, in one line: what came, what is allowed, what to do.

    The command line prints it without a traceback and ends with exit code 2.

    >>> from visuosyn.data.masks import MaskRule
    >>> try:
    ...     MaskRule.parse("relative:2")
    ... except UserError as error:
    ...     print(str(error).partition(":")[0])
    mask rule 'relative
    """


def given_text(path: str | Path, kind: str) -> str:
    """The text of a UTF-8 file that the user named, to be read as ``kind``. Raises UserError where it cannot be read.

    >>> try:
    ...     given_text("nope.csv", "judgements")
    ... except UserError as error:
    ...     print(error)
    nope.csv is not there: name a file of judgements
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path} is not there: name a file of {kind}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} cannot be read as {kind}: {error}; save it as UTF-8 text") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read as {kind}: {error.strerror or error}") from None

"""The one exception for a user's mistake."""

from __future__ import annotations


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

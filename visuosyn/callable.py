"""Packages that are called like the function they are named after: ``visuosyn.trace(pipe)``, ``visuosyn.study(...)``.

Python binds an imported subpackage to its parent under its own name, so a package and a public function of the
same name would hide one another, depending on what was imported first. Here the package *is* callable: both
readings of the name hold at any time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class CallableModule(ModuleType):
    """A module whose call is passed on to one of its functions."""

    __wrapped__: Callable[..., Any]  # also where ``inspect.signature`` and ``help`` look

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that the module is named after."""
        return self.__wrapped__(*args, **kwargs)


def make_callable(name: str, function: Callable[..., Any]) -> None:
    """Let the module ``name`` be called as ``function``; a package says so in the last line of its ``__init__``.

    >>> import visuosyn, visuosyn.study
    >>> callable(visuosyn.study)
    True
    """
    module = sys.modules[name]
    module.__class__ = CallableModule
    module.__dict__["__wrapped__"] = function

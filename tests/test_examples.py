"""Every public name has an example, and whoever pastes it needs nothing that it does not name.

That the examples run is told by doctest, which runs with the tests.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Iterator
from doctest import DocTestParser
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

import visuosyn

MODULES = [visuosyn, *(import_module(f"visuosyn.{m.name}") for m in iter_modules(visuosyn.__path__) if m.ispkg)]


def public(module: ModuleType) -> Iterator[Any]:
    """The classes and functions of ``__all__``, a package that is called like a function as that function."""
    for name in getattr(module, "__all__", ()):
        thing = inspect.unwrap(getattr(module, name))
        if inspect.isclass(thing) or inspect.isroutine(thing):
            yield pytest.param(module, thing, id=f"{module.__name__}.{name}")


NAMES = [parameter for module in MODULES for parameter in public(module)]


def example_of(thing: Any) -> str:
    """The code of the examples in a docstring."""
    return "".join(example.source for example in DocTestParser().get_examples(inspect.getdoc(thing) or ""))


def foreign_names(code: str, known: set[str]) -> set[str]:
    """The names that code uses but neither makes, imports, nor finds among the builtins or the known ones."""
    made = known | set(dir(builtins))
    used = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return used - made


def test_foreign_names() -> None:
    code = "import numpy as np\ndef f(x):\n    return x + y\n[len(z) for z in np.eye(n)]\nf(own)\n"
    assert foreign_names(code, {"own"}) == {"y", "n"}


@pytest.mark.parametrize(("module", "thing"), NAMES)
def test_has_an_example(module: ModuleType, thing: Any) -> None:
    assert example_of(thing)


@pytest.mark.parametrize(("module", "thing"), NAMES)
def test_the_example_names_all_that_it_uses(module: ModuleType, thing: Any) -> None:
    """Only the package's own public names are taken as imported."""
    assert foreign_names(example_of(thing), {*module.__all__, thing.__name__}) == set()

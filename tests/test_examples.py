"""Every public name has an example, and whoever pastes it needs nothing that it does not name.

Doctest, which runs with the tests, shows that the examples run.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections import defaultdict
from collections.abc import Iterator
from doctest import DocTestParser
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

import visuosyn
from tests.source_tree import FILES, relative

# What readers of the documentation call by the module it stands in, and not through the ``__all__`` of a package.
BY_MODULE = {
    "figures": """beside_published binding_bars change_forest control_forest difference_by_rule difference_forest
        kind_means leakage_forest link_forest overlap_by_rule rate_forest relation_forest relation_plane
        specification_curve tint_forest variance_bars""",
    "tables and pages": "explain_html explain_page one_rule reader_table relations_latex",
    "studies": """AdjectiveStudy CohyponymStudy RelationStudy Settings parse_corpus parse_masks parse_names parse_seeds
        settings_of trace_corpus write_look""",
}
PACKAGES = [one.name for one in walk_packages(visuosyn.__path__, "visuosyn.") if one.ispkg]
MODULES = [visuosyn, *map(import_module, PACKAGES)]


def public(module: ModuleType) -> Iterator[Any]:
    """The classes and functions of ``__all__``."""
    for name in getattr(module, "__all__", ()):
        thing = inspect.unwrap(getattr(module, name))
        if inspect.isclass(thing) or inspect.isroutine(thing):
            yield pytest.param(module, thing, id=f"{module.__name__}.{name}")


def by_module() -> Iterator[Any]:
    """The things of ``BY_MODULE``, each with the one module that defines it."""
    homes = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                homes[node.name].append(f"visuosyn.{relative(path).removesuffix('.py').replace('/', '.')}")
    for name in " ".join(BY_MODULE.values()).split():
        for home in homes[name] or ["nowhere"]:
            yield pytest.param(home, name, id=f"{home}.{name}")


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


def test_there_are_public_names() -> None:
    """The facade, and every package that lists names."""
    assert {module.__name__ for module in MODULES} > {"visuosyn", "visuosyn.data", "visuosyn.tracing", "visuosyn.view"}
    assert len(NAMES) > 100


def test_foreign_names() -> None:
    code = "import numpy as np\ndef f(x):\n    return x + y\n[len(z) for z in np.eye(n)]\nf(own)\n"
    assert foreign_names(code, {"own"}) == {"y", "n"}


@pytest.mark.parametrize(("module", "name"), list(by_module()))
def test_what_is_called_by_its_module_has_an_example(module: str, name: str) -> None:
    home = import_module(module)
    example = example_of(inspect.unwrap(getattr(home, name)))
    assert example
    own = {other for other, thing in vars(home).items() if getattr(thing, "__module__", "") == module}
    assert foreign_names(example, own) == set()


@pytest.mark.parametrize(("module", "thing"), NAMES)
def test_has_an_example(module: ModuleType, thing: Any) -> None:
    assert example_of(thing)


@pytest.mark.parametrize(("module", "thing"), NAMES)
def test_the_example_names_all_that_it_uses(module: ModuleType, thing: Any) -> None:
    """Only the package's own public names are taken as imported."""
    assert foreign_names(example_of(thing), {*module.__all__, thing.__name__}) == set()

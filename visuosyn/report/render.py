"""Pages from templates: one file with its style sheet and scripts inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from visuosyn.view.cards import colour_table, script_json
from visuosyn.view.numbers import points, pvalue

SCRIPTS = ("tables.js", "maps.js", "cards.js")


def render(package: str, *, masks: Sequence[str], mask: str, **context: Any) -> str:
    """The page of a package, from its ``page.html``, with style sheet and scripts inside.

    Those of the package itself, ``page.css`` and ``page.js`` where it has them, stand after those of all pages.
    ``masks`` are the rules that readers may choose from, ``mask`` the one shown first; ``context`` is what the template
    needs. What came from captions is escaped.
    """
    settings = {"masks": list(masks), "mask": mask, "colours": colour_table()}
    return (
        environment(package)
        .get_template("page.html")
        .render(
            css=_asset("page.css") + _own(package, "page.css"),
            js=Markup("").join([*(_asset(name) for name in SCRIPTS), _own(package, "page.js")]),
            settings=Markup(script_json(settings)),
            masks=masks,
            mask=mask,
            **context,
        )
    )


@cache
def environment(package: str = "") -> Environment:
    """The templates of a package before our own; escaping is always on, and a name that is not given is an error."""
    shell = PackageLoader("visuosyn.report", "templates")
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), shell] if package else [shell]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["points"] = points
    made.filters["pvalue"] = pvalue
    return made


def _asset(name: str) -> Markup:
    """One of our own style sheets or scripts, to stand inside the page as it is."""
    return Markup(files("visuosyn.report").joinpath(f"templates/{name}").read_text(encoding="utf-8"))


def _own(package: str, name: str) -> Markup:
    """What only the page of this package needs; empty for a package without such a file."""
    file = files(package).joinpath(name)
    return Markup(file.read_text(encoding="utf-8") if file.is_file() else "")

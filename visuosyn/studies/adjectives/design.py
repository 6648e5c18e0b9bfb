"""Templates of scenes with places for adjectives, and the prompts that a study makes of them.

A template is a prompt with ``{}`` for an adjective and its nouns in brackets: "a {} [ball] and a [cat] on the grass".
The noun after ``{}`` is the adjective's own; the others are what it should leave alone. With two places, "a {} [ball]
and a {} [box]", the question is which noun gets which adjective.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from visuosyn.data import Caption
from visuosyn.errors import UserError, given_text

BUILT_IN = Path(__file__).with_name("adjectives.csv")
COLUMNS = ("template", "adjectives")
PHRASE = re.compile(r"\{\} \[([^\[\]]*)\]|\[([^\[\]]*)\]")  # a noun with a place for an adjective, or a noun alone
ARTICLE = re.compile(r"\b([Aa])n? $")
CONSONANT = re.compile(r"(?:uni|use|usu|eu|one\b|once)", re.IGNORECASE)

Span = tuple[int, int]


@dataclass(frozen=True)
class Template:
    """A scene. ``text`` has one or two places for adjectives; ``swap`` is the noun of the control with another noun."""

    id: str
    text: str
    adjectives: tuple[str, ...]
    swap: str = ""

    @property
    def nouns(self) -> tuple[str, ...]:
        """The nouns that take the adjectives."""
        return tuple(own for own, _ in PHRASE.findall(self.text) if own)

    @property
    def others(self) -> tuple[str, ...]:
        """The nouns beside them."""
        return tuple(other for own, other in PHRASE.findall(self.text) if not own)


@dataclass(frozen=True)
class AdjectivePrompt:
    """A template filled in.

    ``role``: "adjective" (one of them), "none" (no adjective), "noun" (the first adjective, but another noun) or "pair"
    (two adjectives on two nouns). ``adjectives`` and ``nouns`` stand in the order of the text, with the characters
    where they are.
    """

    caption: Caption
    template: Template
    role: str
    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]
    adjective_spans: tuple[Span, ...]
    noun_spans: tuple[Span, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """All nouns that a judge is asked about."""
        return (*self.nouns, *self.template.others)


def read_templates(path: str | Path | None = None) -> tuple[Template, ...]:
    """Templates from a CSV file: columns template, adjectives (with ``|`` between them) and, if wanted, swap.

    A template with two places takes its adjectives two by two, each pair in both orders. Without ``path`` those of the
    package, for the bundled model. Raises UserError with file and line for what cannot be used.
    """
    path = BUILT_IN if path is None else Path(path)
    text = given_text(path, "templates")
    rows = csv.DictReader(text.splitlines())
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise UserError(f"{path}:1: no column {', '.join(missing)}; templates need {', '.join(COLUMNS)}")
    found: list[Template] = []
    for row in rows:
        cells = {name: " ".join((row.get(name) or "").split()) for name in (*COLUMNS, "swap")}
        adjectives = tuple(one.strip() for one in cells["adjectives"].split("|"))
        name = row.get("id") or f"t{len(found) + 1:02d}"
        one = Template(name, cells["template"], adjectives, cells["swap"])
        if reason := _fault(one) or ("stood before" if one.text in {t.text for t in found} else ""):
            raise UserError(f"{path}:{rows.line_num}: template {one.text!r} {reason}")
        found.append(one)
    if not found:
        raise UserError(f"{path} holds no template")
    return tuple(found)


def prompts_of(template: Template) -> tuple[AdjectivePrompt, ...]:
    """All prompts of a template, in the order in which they are drawn; they share their noise.

    >>> [p.caption.text for p in prompts_of(Template("t01", "a {} [ball] and a [cat]", ("red", "orange"), "hat"))]
    ['a red ball and a cat', 'an orange ball and a cat', 'a ball and a cat', 'a red hat and a cat']
    """
    if len(template.nouns) == 2:
        pairs = zip(template.adjectives[::2], template.adjectives[1::2], strict=True)
        return tuple(_prompt(template, "pair", both) for a, b in pairs for both in ((a, b), (b, a)))
    drawn = [_prompt(template, "adjective", (adjective,)) for adjective in template.adjectives]
    drawn.append(_prompt(template, "none", ()))
    if template.swap:
        drawn.append(_prompt(template, "noun", template.adjectives[:1]))
    return tuple(drawn)


def _prompt(template: Template, role: str, adjectives: tuple[str, ...]) -> AdjectivePrompt:
    nouns = (template.swap,) if role == "noun" else template.nouns
    text, *spans = _filled(template, adjectives, nouns)
    name = "-".join([template.id, *([role] if role in ("none", "noun") else []), *adjectives]).replace(" ", "_")
    caption = Caption(name, text, source=template.text, noise_id=template.id)
    return AdjectivePrompt(caption, template, role, adjectives, nouns, *spans)


def _filled(
    template: Template, adjectives: Sequence[str], nouns: Sequence[str]
) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """The text with the spans of its adjectives and of the nouns that take them; articles fit what follows."""
    text, at = "", 0
    left, own = iter(adjectives), iter(nouns)
    spans: tuple[list[Span], list[Span]] = [], []
    for found in PHRASE.finditer(template.text):
        text, at = text + template.text[at : found.start()], found.end()
        words = [next(left, ""), next(own)] if found[1] else ["", found[2]]
        first = words[0] or words[1]
        text = ARTICLE.sub(lambda article, first=first: _article(article[1], first), text)  # type: ignore[misc]
        for word, places in zip(words, spans, strict=True):
            if word and found[1]:
                places.append((len(text), len(text) + len(word)))
            text += f"{word} " if word else ""
        text = text.removesuffix(" ")
    return text + template.text[at:], tuple(spans[0]), tuple(spans[1])


def _article(article: str, word: str) -> str:
    vowel = word[0].lower() in "aeiou" and not CONSONANT.match(word)
    return f"{article}n " if vowel else f"{article} "


def _fault(template: Template) -> str:
    """What is wrong with a template, or ""."""
    slots, adjectives = template.text.count("{}"), template.adjectives
    if slots not in (1, 2):
        return f"has {slots} places {{}} for an adjective: write one or two"
    if len(template.nouns) != slots:
        return "needs a noun in brackets after each place: {} [ball]"
    names = [*template.nouns, *template.others]
    if any(not name.strip() for name in names) or len(set(names)) < len(names):
        return "has a noun in brackets that is empty or stands twice"
    if len(adjectives) < 2 or not all(adjectives):
        return "needs at least two adjectives, with | between them"
    if len(set(adjectives)) < len(adjectives):
        return "has an adjective twice"
    if slots == 2 and len(adjectives) % 2:
        return "has two places, so its adjectives come two by two: give an even number"
    if template.swap in names:
        return "has a swap that is one of its own nouns"
    if template.swap and slots == 2:
        return "has two places and a swap: only a template with one place takes a swap"
    return ""


def each_prompt(templates: Sequence[Template]) -> Iterator[AdjectivePrompt]:
    """The prompts of all templates, in order."""
    for template in templates:
        yield from prompts_of(template)


def template_table(templates: Sequence[Template]) -> pd.DataFrame:
    """The templates as ``read_templates`` reads them again: id, template, adjectives, swap."""
    rows = [(one.id, one.text, "|".join(one.adjectives), one.swap) for one in templates]
    return pd.DataFrame(rows, columns=["id", "template", "adjectives", "swap"])


def design_table(templates: Sequence[Template]) -> pd.DataFrame:
    """The prompts as a table, one row each: caption_id, template, number (of the template), scene, role, text, and
    with ``|`` between them adjectives, nouns, others and adjective_spans ("2-5": from character 2 up to 5)."""
    rows = [
        {
            "caption_id": prompt.caption.id,
            "template": template.id,
            "number": number,
            "scene": re.sub(r"[\[\]]", "", template.text),
            "role": prompt.role,
            "text": prompt.caption.text,
            "adjectives": "|".join(prompt.adjectives),
            "nouns": "|".join(prompt.nouns),
            "others": "|".join(template.others),
            "adjective_spans": "|".join(f"{start}-{end}" for start, end in prompt.adjective_spans),
        }
        for number, template in enumerate(templates)
        for prompt in prompts_of(template)
    ]
    return pd.DataFrame(rows)

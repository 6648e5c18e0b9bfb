"""What a call of a pipeline asks for, from the arguments that all pipelines share."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from visuosyn.errors import UserError


@dataclass(frozen=True, eq=False)
class Request:
    """``texts``: those whose words are traced, the prompts or the negative prompts; ``repeats``: the images drawn of
    each; ``arguments``: all arguments of the call by name, defaults included."""

    texts: tuple[str, ...]
    repeats: int
    arguments: Mapping[str, Any]

    @property
    def images(self) -> int:
        """How many images the call draws."""
        return len(self.texts) * self.repeats


def call_arguments(kind: type, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The arguments of a call of a pipeline of this class by name, with the defaults of those that were not given.

    >>> class Pipeline:
    ...     def __call__(self, prompt, steps=50, **more): ...
    >>> call_arguments(Pipeline, "a cat", guidance=7.5)
    {'prompt': 'a cat', 'steps': 50, 'guidance': 7.5}
    """
    bound = inspect.signature(kind.__call__).bind(None, *args, **kwargs)
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in [*bound.arguments.items()][1:]:  # the first is the pipeline itself
        variable = bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        found |= value if variable else {name: value}
    return found


def read_request(arguments: Mapping[str, Any], *, negative: bool, others: Sequence[str] = ()) -> Request:
    """The request of a pipeline that takes ``prompt``, ``negative_prompt`` and ``num_images_per_prompt``.

    ``others``: arguments such as ``prompt_2``, the text for another encoder; ``UserError`` where it is not the same.

    >>> read_request({"prompt": ["a cat", "a dog"], "negative_prompt": "rain"}, negative=True).texts
    ('rain', 'rain')
    """
    if arguments.get("prompt") is None:
        raise UserError("heat maps need the text of the prompts: pass prompt=..., not prompt_embeds=...")
    count = len(_texts(arguments["prompt"], 1))
    if not count:
        raise UserError("there is nothing to draw: the list of prompts is empty")
    prefix = "negative_" if negative else ""
    text = arguments.get(f"{prefix}prompt")
    if text is None:
        raise UserError("trace(negative=True) needs a negative_prompt")
    texts = _texts(text, count)
    for name in (f"{prefix}{other}" for other in others):
        if arguments.get(name) is not None and _texts(arguments[name], count) != texts:
            raise UserError(f"{name} differs from {prefix}prompt, and words are traced in one text: pass one for both")
    return Request(texts=texts, repeats=arguments.get("num_images_per_prompt") or 1, arguments=arguments)


def _texts(text: str | Sequence[str], count: int) -> tuple[str, ...]:
    return (text,) * count if isinstance(text, str) else tuple(text)

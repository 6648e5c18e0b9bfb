"""What is measured on a run's maps: it may change without drawing anything again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from visuosyn.errors import UserError
from visuosyn.run.files import write_text

FILE = "measurement.json"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """``masks``: the mask rules by name, the first is the one that figures show; ``edges``: which pairs are measured,
    "enhanced" (all) or "basic"; ``judge``: who says what is in a picture, as ``load_judge`` takes it, "" where nobody
    is asked, or somebody who cannot be loaded again.

    >>> Measurement(masks=("relative:0.4", "soft")).save("run")
    >>> Measurement.load("run").masks
    ('relative:0.4', 'soft')
    """

    masks: tuple[str, ...]
    edges: str = "enhanced"
    judge: str = ""

    def save(self, folder: str | Path) -> None:
        """Write ``measurement.json``, atomically."""
        write_text(Path(folder) / FILE, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> Measurement:
        """Read ``measurement.json``; for a run of format 1, which has none, what its ``run.json`` says."""
        path = Path(folder) / FILE
        try:
            if not path.exists():
                path = Path(folder) / "run.json"
            values = json.loads(path.read_text(encoding="utf-8"))
            edges, judge, masks = values.get("edges", "enhanced"), values.get("judge", ""), values["masks"]
            if not isinstance(masks, list):
                raise TypeError(f"masks are {masks!r}, not a list")
            return cls(masks=tuple(masks), edges=edges, judge=judge)
        except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
            lost = "" if path.name == FILE else f"there is no {FILE}, and "
            raise UserError(f"{lost}{path} is damaged or says nothing of mask rules: {error}") from None
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder} is no run folder: it holds no {FILE}") from None

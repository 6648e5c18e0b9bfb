"""How the types of this room show themselves: by ``visuosyn.view``, which stands above them.

The one place where an import points downward: pandas and xarray also load their drawing when something is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


class ShowsItself:
    """Something that a notebook shows as HTML, drawn by ``visuosyn.view``, which is loaded at the first look."""

    def _repr_html_(self) -> str:
        """HTML of the object alone, with its pictures inside."""
        return str(self._view().html(self))

    @staticmethod
    def _view() -> ModuleType:
        from visuosyn import view

        return view

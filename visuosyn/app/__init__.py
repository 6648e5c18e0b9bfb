"""To explore one prompt at a time: in a notebook (``explore``) and in the browser (``serve``).

Both need packages of an extra: ``pip install 'visuosyn[notebooks]'`` or ``'visuosyn[app]'``.
"""

from visuosyn.app.explorer import explore
from visuosyn.app.web import serve

__all__ = ["explore", "serve"]

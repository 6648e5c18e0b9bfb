"""Sheets of pictures with their captions, for reports and for samples while a training runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw


def contact_sheet(images: Sequence[NDArray[np.uint8]], captions: Sequence[str], *, columns: int = 8) -> Image.Image:
    """Pictures in rows at twice their size, each with its caption below."""
    size, footer = 2 * images[0].shape[0], 26
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (size + 4), rows * (size + footer)), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = place % columns * (size + 4), place // columns * (size + footer)
        sheet.paste(Image.fromarray(image).resize((size, size), Image.Resampling.NEAREST), (left, top))
        pen.text((left, top + size), f"{caption[:32]}\n{caption[32:]}", fill="black", spacing=1)
    return sheet

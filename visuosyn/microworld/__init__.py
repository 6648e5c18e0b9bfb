"""The world with known truth: scenes whose captions and masks are exact, and the small model trained on them."""

from __future__ import annotations

from pathlib import Path

MODEL_DIR: Path = Path(__file__).parent / "model"
"""The bundled model: an ordinary diffusers ``StableDiffusionPipeline`` folder."""

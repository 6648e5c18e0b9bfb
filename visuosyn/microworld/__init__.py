"""The world with known truth: scenes whose captions and masks are exact, and the small model trained on them.

``world`` makes the scenes, ``judge`` says what is in a picture of this world, ``scoring`` measures a model of it;
``model`` is the bundled model's folder. What trains model and judge stands in ``training/``, beside the package.
"""

from __future__ import annotations

from pathlib import Path

MODEL_DIR: Path = Path(__file__).parent / "model"
"""The bundled model: an ordinary diffusers ``StableDiffusionPipeline`` folder."""

"""Numbers that the commands take where none are given."""

from __future__ import annotations

MINUTES = 100.0
"""The budget of a training."""
DECODER_MINUTES = 8.0
"""Training of the autoencoder's decoder."""
JUDGE_STEPS = 1000
"""Batches that the segmenter learns from."""

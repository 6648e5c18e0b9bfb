"""The world with known truth: scenes, grammar, the bundled model and its training."""

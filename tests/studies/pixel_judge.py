"""A judge for the pictures of random models: which noun is there follows from the pixels by a known rule."""

import hashlib

import numpy as np

from visuosyn.judge import Verdict, image_key


class PixelJudge:
    """Says a noun is there if a hash of pixels and noun is under a chance; its mask is one half of the picture."""

    nouns = None
    facts = {"judge": "pixels", "recall": None}  # noqa: RUF012

    def __init__(self, chance=0.7, name="pixels", known=None):
        self.chance, self.name, self.nouns = chance, name, known

    def judge(self, image, nouns):
        found = []
        for number, noun in enumerate(nouns):
            value = hashlib.sha256(f"{image_key(image)}{noun}".encode()).digest()[0] / 256
            mask = np.zeros(image.shape[:2], bool)
            half = image.shape[1] // 2
            mask[:, half * (number % 2) : half * (number % 2 + 1)] = True
            there = value < self.chance
            found.append(Verdict(noun, there, 1 - value, 1 + (value < 0.1) if there else 0, mask & there))
        return found

"""Numbers per pair of words: how the areas of two heat maps overlap. Arrays in, one tidy table out."""

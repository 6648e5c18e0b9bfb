"""One prompt, looked at closely: its picture, its words' heat maps, its tree and all its overlaps."""

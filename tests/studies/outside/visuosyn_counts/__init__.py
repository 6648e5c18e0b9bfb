"""A study of another package: how many words of a caption have a heat map."""

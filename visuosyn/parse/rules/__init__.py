"""Rules that rewrite a tree, one small function each, by what they are about."""

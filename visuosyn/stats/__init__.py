"""Are the differences real? Tables in, tables out; the unit is always the prompt, never the pair of words."""

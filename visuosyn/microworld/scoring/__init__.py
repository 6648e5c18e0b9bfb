"""How good a model of this world is: prompts, what its pictures show, attention against exact masks, the card."""

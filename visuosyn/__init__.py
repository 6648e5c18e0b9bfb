"""visuosyn: what the syntax of a prompt does in the picture that a text-to-image model draws of it."""

__version__ = "0.1.0"

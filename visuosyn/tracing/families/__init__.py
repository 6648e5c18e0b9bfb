"""The architectures that can be traced, one file each, and the table of them."""

from visuosyn.tracing.families.registry import families, family_of, require_family

__all__ = ["families", "family_of", "require_family"]

"""Numbers as readers see them: a true minus, few decimals, a dash where there is none."""

from __future__ import annotations


def points(value: float, sign: bool = False) -> str:
    """A number with one decimal and a true minus; what rounds to 0 has no minus.

    >>> points(-3.14159), points(2, sign=True), points(-0.04)
    ('−3.1', '+2.0', '0.0')
    """
    return f"{value:+z.1f}".replace("-", "−") if sign else f"{value:z.1f}".replace("-", "−")


def interval(low: float, high: float, sign: bool = False) -> str:
    """The ends of an interval in brackets; nothing where it is missing.

    >>> interval(-1.04, 3), interval(float("nan"), float("nan"))
    ('[−1.0, 3.0]', '')
    """
    return f"[{points(low, sign)}, {points(high, sign)}]" if low == low else ""


def pvalue(value: float) -> str:
    """A p with three decimals, and a dash where there is none.

    >>> pvalue(0.0312), pvalue(0.00002), pvalue(1.0), pvalue(float("nan"))
    ('.031', '< .001', '1', '–')
    """
    if value != value:
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".lstrip("0") if value < 0.9995 else "1"

"""How a stated error rate is written."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal


def at_most(share: float) -> str:
    """A bound in percent, rounded up, so that "at most" stays true: 2.5%, 0.4%, 13%; one decimal below 10 %."""
    percent = 100 * Decimal(str(share))
    step = Decimal("0.1") if percent < 10 else Decimal(1)
    return f"{float(percent.quantize(step, ROUND_CEILING)):g}%"

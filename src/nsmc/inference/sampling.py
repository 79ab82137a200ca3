"""What a completion may be asked for, known before anything heavy is imported."""

import math

from nsmc.errors import UsageError

MOST_UNITS = 1000
"""Units that a completion adds at most, whatever is asked for."""


def check_sampling(units: int, temperature: float, top_p: float) -> None:
    """Refuse what `LanguageModel.complete` can't do.

    Raises:
        UsageError: an argument out of its range.
    """
    if not 1 <= units <= MOST_UNITS:
        raise UsageError(
            "expected 1 to {most:,} units to add, found {units}", most=MOST_UNITS, units=units
        )
    if not (temperature >= 0 and math.isfinite(temperature)):
        raise UsageError(
            "expected a temperature of 0 or more, found {temperature}", temperature=temperature
        )
    if not 0 < top_p <= 1:
        raise UsageError("expected a top-p above 0 and at most 1, found {top_p}", top_p=top_p)

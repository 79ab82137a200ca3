"""Whether a difference between two models on the same reviews is more than chance.

Of R reviews, A alone is right on ``only_a`` and B alone on ``only_b``. The reviews that both get
right or wrong say nothing of which is better, so accuracies measured on the same reviews can be
distinguished far better than by their own intervals.
"""

import math

import numpy as np
from numpy.typing import NDArray

from nsmc.tasks.metrics import accuracy_interval

Z = 1.959964
"""Two-sided 95% of a normal distribution."""
Z_POWER = 0.841621
"""One-sided 80%: the probability for which `reviews_needed` plans."""


def mcnemar(only_a: int, only_b: int) -> float:
    """The p-value of the mid-p version of McNemar's test (Psychometrika 12, 1947).

    Under no difference ``only_b`` is binomial with n = only_a + only_b and p = ½. With X of that
    law and k the smaller count, p = P(X ≤ k) + P(X < k). It keeps its level for few reviews and for
    many (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013), where the
    exact test, the one that scipy has, misses differences.
    """
    from scipy.special import bdtr

    both, fewer = only_a + only_b, min(only_a, only_b)
    below = bdtr(fewer - 1, both, 0.5) if fewer else 0.0
    return float(bdtr(fewer, both, 0.5) + below)


def difference_interval(
    both_right: int, only_a: int, only_b: int, both_wrong: int
) -> tuple[float, float]:
    """The 95% interval of accuracy B - accuracy A, as shares; the counts add up to at least 1.

    Method 10 of Newcombe (Statistics in Medicine 17:2635, 1998), which scipy lacks: Wilson's
    intervals of both accuracies, combined with the correlation φ of being right. It stays within
    -1 and 1 and has a width even where the models never differ.
    """
    reviews = both_right + only_a + only_b + both_wrong
    right_a, right_b = both_right + only_a, both_right + only_b
    low_a, high_a = accuracy_interval(right_a, reviews, Z)
    low_b, high_b = accuracy_interval(right_b, reviews, Z)
    share_a, share_b = right_a / reviews, right_b / reviews
    phi = _correlation(both_right, only_a, only_b, both_wrong)

    def distance(b: float, a: float) -> float:
        # Rounding may leave a little less than nothing under the root.
        return math.sqrt(max(0.0, b * b - 2 * phi * a * b + a * a))

    difference = share_b - share_a
    return (
        difference - distance(share_b - low_b, high_a - share_a),
        difference + distance(high_b - share_b, share_a - low_a),
    )


def _correlation(both_right: int, only_a: int, only_b: int, both_wrong: int) -> float:
    """Newcombe's φ: with a continuity correction where it is positive; 0 without any spread."""
    spread = math.sqrt(
        (both_right + only_a)
        * (only_b + both_wrong)
        * (both_right + only_b)
        * (only_a + both_wrong)
    )
    if not spread:
        return 0.0
    product = both_right * both_wrong - only_a * only_b
    if product > 0:
        reviews = both_right + only_a + only_b + both_wrong
        product = max(0, product - reviews / 2)  # type: ignore[assignment]
    return product / spread


def reviews_needed(only_a: int, only_b: int, reviews: int) -> int | None:
    """How many reviews would show a difference such as this one with a probability of 80%.

    Connor, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43:207, 1987, taking the observed shares for the true ones. None if none differ.
    """
    differing, difference = (only_a + only_b) / reviews, (only_b - only_a) / reviews
    if not difference:
        return None
    spread = math.sqrt(max(0.0, differing - difference**2))
    return math.ceil((Z * math.sqrt(differing) + Z_POWER * spread) ** 2 / difference**2)


def mean_difference(
    differences: NDArray[np.float64],
) -> tuple[float, float | None, float | None, float]:
    """The mean of paired differences [R] with its 95% interval and p-value: the paired t-test.

    Differences of errors aren't normal, but their mean nearly is from some dozens of reviews on.

    Returns:
        Mean, lower and upper end and p-value; no interval (None) and 1.0 of a single review.
    """
    from scipy.stats import ttest_1samp

    mean = float(differences.mean())
    if len(differences) < 2:
        return mean, None, None, 1.0
    if not np.ptp(differences):  # for which scipy has NaN
        return mean, mean, mean, 0.0 if mean else 1.0
    test = ttest_1samp(differences, 0)
    low, high = test.confidence_interval()
    return mean, float(low), float(high), float(test.pvalue)


def mean_interval(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The 95% interval of the mean of values [R]; None of a single value."""
    return mean_difference(values)[1:3]


def reviews_needed_of_means(differences: NDArray[np.float64]) -> int | None:
    """How many reviews would show a mean difference such as this one [R] as surely.

    As `reviews_needed`, by the normal distribution. None without a difference or of one review.
    """
    mean = float(differences.mean())
    if not mean or len(differences) < 2:
        return None
    return math.ceil(((Z + Z_POWER) * float(differences.std(ddof=1)) / mean) ** 2)

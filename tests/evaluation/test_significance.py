"""The test and the interval of a paired difference, against other implementations and by lot."""

import numpy as np
import pytest

from nsmc.evaluation.significance import (
    difference_interval,
    mcnemar,
    mean_difference,
    reviews_needed,
    reviews_needed_of_means,
)


@pytest.mark.parametrize(("only_a", "only_b"), [(1, 7), (0, 5), (12, 30), (260, 201), (3, 0)])
def test_the_mid_p_value_is_the_exact_one_less_half_of_what_was_seen(
    only_a: int, only_b: int
) -> None:
    from scipy.stats import binom, binomtest

    both = only_a + only_b
    exact = binomtest(only_a, both, 0.5).pvalue
    assert mcnemar(only_a, only_b) == pytest.approx(exact - binom.pmf(only_a, both, 0.5))
    assert mcnemar(only_b, only_a) == mcnemar(only_a, only_b)


def test_a_published_example() -> None:
    # Airway responsiveness before and after a transplantation: the example of Fagerland et al.
    # 2013, whose mid-p value is 0.039 where the exact one is 0.070.
    assert mcnemar(1, 7) == pytest.approx(0.0390625)


def test_no_difference_is_no_evidence() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(40, 40) == pytest.approx(1)
    low, high = difference_interval(80, 0, 0, 20)
    assert low == pytest.approx(-high) and 0 < high < 0.05


def test_very_many_reviews() -> None:
    assert 0 < mcnemar(20_000, 21_000) < 1e-5
    assert mcnemar(10**6, 2 * 10**6) == 0  # below what a float holds, and no error


@pytest.mark.parametrize(
    "counts", [(1, 0, 0, 0), (0, 0, 0, 1), (0, 0, 3, 0), (0, 9, 0, 0), (5, 0, 2, 0), (0, 1, 1, 0)]
)
def test_the_interval_holds_the_difference_and_stays_in_bounds(
    counts: tuple[int, int, int, int],
) -> None:
    both, only_a, only_b, neither = counts
    low, high = difference_interval(*counts)
    assert -1 <= low <= (only_b - only_a) / sum(counts) <= high <= 1
    assert low < high
    mirrored = difference_interval(both, only_b, only_a, neither)
    assert mirrored == pytest.approx((-high, -low))


def test_pairing_narrows_the_interval() -> None:
    # Twice 90% of 1,000: once wrong on the same reviews, once on any.
    paired = difference_interval(895, 5, 5, 95)
    unpaired = difference_interval(810, 90, 90, 10)
    assert paired[1] - paired[0] < 0.5 * (unpaired[1] - unpaired[0])


@pytest.mark.parametrize(
    ("reviews", "shares"),
    [
        (200, (0.80, 0.05, 0.05, 0.10)),
        (200, (0.85, 0.02, 0.06, 0.07)),
        (2000, (0.84, 0.04, 0.05, 0.07)),
    ],
)
def test_the_interval_covers_the_truth_in_95_of_100_draws(
    reviews: int, shares: tuple[float, float, float, float]
) -> None:
    draws = np.random.default_rng(5).multinomial(reviews, shares, size=4000)
    truth = shares[2] - shares[1]
    intervals = np.array([difference_interval(*map(int, draw)) for draw in draws])
    covered = ((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])).mean()
    # Three standard errors of 4,000 draws are 0.01; a little wide is the method's known habit.
    assert 0.94 <= covered <= 0.97
    if truth == 0:
        alarms = np.mean([mcnemar(int(b), int(c)) < 0.05 for _, b, c, _ in draws])
        assert 0.03 <= alarms <= 0.06


def test_the_reviews_asked_for_find_the_difference_8_times_in_10() -> None:
    assert reviews_needed(20, 20, 1000) is None
    needed = reviews_needed(20, 35, 1000)
    assert needed is not None
    shares = (0.9, 0.02, 0.035, 0.045)
    draws = np.random.default_rng(6).multinomial(needed, shares, size=2000)
    result = np.mean([mcnemar(int(b), int(c)) < 0.05 for _, b, c, _ in draws])
    assert 0.76 < result < 0.84


def test_mean_differences_without_any_spread() -> None:
    assert mean_difference(np.array([0.5])) == (0.5, None, None, 1.0)
    assert mean_difference(np.zeros(3)) == (0, 0, 0, 1)
    assert mean_difference(np.full(3, 0.5)) == (0.5, 0.5, 0.5, 0)
    assert reviews_needed_of_means(np.array([0.5])) is None
    assert reviews_needed_of_means(np.array([1.0, -1.0])) is None


def test_as_many_reviews_as_needed_show_it_four_times_of_five() -> None:
    random = np.random.default_rng(1)
    seen = random.normal(0.1, 1, 10_000)
    needed = reviews_needed_of_means(seen)
    assert needed is not None
    mean, spread = seen.mean(), seen.std()
    reported = [mean_difference(random.normal(mean, spread, needed))[3] < 0.05 for _ in range(400)]
    assert np.mean(reported) == pytest.approx(0.8, abs=0.07)

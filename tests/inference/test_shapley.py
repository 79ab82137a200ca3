"""Shares against the definition, computed by hand for few parts."""

from functools import partial
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.inference import explanation, shapley
from nsmc.inference.explanation import SubsetOutputs, contributions
from nsmc.inference.orders import balanced_keys
from nsmc.inference.shapley import MOST_UNITS, Value, shapley_values


def game(parts: int, seed: int) -> tuple[Value, float, float]:
    """A game with effects of single parts and of pairs: its value, that of nothing and of all."""
    random = np.random.default_rng(seed)
    single = random.normal(size=parts)  # [T]
    pairs = random.normal(size=(parts, parts)) / parts  # [T, T]

    def value(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        x = subsets.astype(np.float64)  # [N, T]
        worth: NDArray[np.float64] = 0.3 + x @ single + ((x @ pairs) * x).sum(axis=1)  # [N]
        return worth

    ends = value(np.array([[False] * parts, [True] * parts]))  # [2]
    return value, float(ends[0]), float(ends[1])


def by_definition(value: Value, parts: int) -> NDArray[np.float64]:
    """The average over all orders of what each part adds."""
    shares = np.zeros(parts)  # [T]
    orders = list(permutations(range(parts)))
    for order in orders:
        chain = np.zeros((parts + 1, parts), dtype=bool)  # [T + 1, T]
        for place, part in enumerate(order):
            chain[place + 1 :, part] = True
        shares[list(order)] += np.diff(value(chain))
    return shares / len(orders)


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_few_parts_get_what_the_definition_says(parts: int) -> None:
    value, nothing, everything = game(parts, parts)
    result = shapley_values(value, parts, nothing, everything)
    assert result == pytest.approx(by_definition(value, parts), abs=1e-12)


@pytest.mark.parametrize("parts", [1, 5, 10, 11, 40, 200, 282, 1001])
def test_the_shares_sum_to_the_difference(parts: int) -> None:
    value, nothing, everything = game(parts, 1)
    result = shapley_values(value, parts, nothing, everything)
    assert (shapley_values(value, parts, nothing, everything) == result).all()
    assert result.shape == (parts,)
    assert result.sum() == pytest.approx(everything - nothing, rel=1e-11)


@pytest.mark.parametrize("parts", [11, 60, 280])
def test_parts_that_add_the_same_in_any_company_get_just_that(parts: int) -> None:
    each = np.random.default_rng(parts).normal(size=parts)  # [T]
    result = shapley_values(lambda subsets: subsets @ each, parts, 0.0, float(each.sum()))
    assert result == pytest.approx(each, abs=1e-9)


def test_effects_of_pairs_are_halved_by_any_order_and_its_reverse() -> None:
    # For such a game, antithetic orders leave no noise at all.
    value, nothing, everything = game(12, 5)
    random = np.random.default_rng(5)
    single, pairs = random.normal(size=12), random.normal(size=(12, 12)) / 12  # [T], [T, T]
    expected = single + np.diag(pairs) + (pairs + pairs.T - 2 * np.diag(np.diag(pairs))).sum(1) / 2
    assert shapley_values(value, 12, nothing, everything) == pytest.approx(expected, abs=1e-9)


def test_sampled_shares_come_near_the_exact_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.random.default_rng(2).normal(size=(12, 5))  # [T, 5]

    def value(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        worth: NDArray[np.float64] = np.tanh(subsets @ weights).sum(axis=1)  # [N]
        return worth

    everything = float(np.tanh(weights.sum(axis=0)).sum())
    sampled = shapley_values(value, 12, 0.0, everything)
    other = shapley_values(value, 12, 0.0, everything, seed=1)
    monkeypatch.setattr(shapley, "EXACT", 12)
    exact = shapley_values(value, 12, 0.0, everything)
    assert np.abs(sampled - exact).max() > 1e-6  # or nothing was sampled
    assert np.corrcoef(sampled, exact)[0, 1] > 0.98
    assert np.corrcoef(other, exact)[0, 1] > 0.98
    assert (sampled != other).any()


@pytest.mark.parametrize(("parts", "units"), [(190, 190), (280, 280), (1000, 2500), (5000, 5000)])
def test_work_is_bounded(parts: int, units: int) -> None:
    read = []

    def value(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        read.append(int(subsets.sum()) * units // parts)
        return np.zeros(len(subsets))

    shapley_values(value, parts, 0.0, 1.0, units=units)
    assert MOST_UNITS / 2 < sum(read) <= MOST_UNITS


def test_the_middle_of_three_neighbours_is_each_as_often() -> None:
    pairs, parts = 12, 30
    keys = balanced_keys(parts, pairs, 0)  # [P, T]
    assert (balanced_keys(parts + 5, pairs, 0)[:, :parts] == keys).all()
    # Each part is once in each twelfth of the places.
    assert (np.sort(keys, axis=0) * pairs // 1 == np.arange(pairs)[:, None]).all()

    def unevenness(drawn: NDArray[np.floating]) -> float:
        triples = np.array(
            [(i, i + a, i + a + b) for a in (1, 2) for b in (1, 2) for i in range(25)]
        )
        middle = drawn[:, triples].argsort(axis=2)[:, :, 1]  # [P, triples]
        counts = np.stack([(middle == place).sum(axis=0) for place in range(3)])
        return float(((counts - pairs / 3) ** 2).mean())

    random = np.random.default_rng(0)
    by_chance = np.mean([unevenness(random.random(keys.shape)) for _ in range(20)])
    assert unevenness(keys) < 0.7 * by_chance


def test_what_the_wide_layer_says_takes_noise_from_the_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random, parts = np.random.default_rng(3), 12
    weights, rough = random.normal(size=(parts, 5)), random.normal(size=(parts, 5)) * 3  # [T, 5]

    def saturated(mask: NDArray[np.bool_], by: NDArray[np.float64]) -> NDArray[np.float32]:
        outputs: NDArray[np.float64] = np.tanh(mask @ by).sum(axis=1, keepdims=True)  # [N, 1]
        return outputs.astype(np.float32)

    def odds(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        return outputs[:, 0].astype(np.float64)  # [N]

    def bent(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = np.sinh(odds(outputs) / 3)  # [N]
        return values

    outputs_of = SubsetOutputs(partial(saturated, by=weights), partial(saturated, by=rough))
    whole = outputs_of(np.ones((1, parts), np.bool_))[0]  # [1]
    for number in (odds, bent):
        arguments = (outputs_of, number, 0.0, whole)
        shared = contributions(*arguments, part_of=np.arange(parts))
        assert shared.sum() == pytest.approx(number(whole[None])[0], abs=1e-9)
        monkeypatch.setattr(shapley, "EXACT", parts)
        monkeypatch.setattr(explanation, "EXACT", parts)
        exact = contributions(*arguments, part_of=np.arange(parts))
        monkeypatch.undo()
        assert np.abs(shared - exact).max() > 1e-6  # or nothing was sampled
        assert np.corrcoef(shared, exact)[0, 1] > 0.98

"""Shares from what each unit adds to those before it come near the exact ones."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.inference import increments
from nsmc.inference.network import NumpyNetwork
from nsmc.inference.orders import balanced_keys
from nsmc.inference.prefix_games import share_weights
from nsmc.inference.shapley import shapley_values
from tests.inference.conftest import small_network

UNITS = 9
BY_OUTPUT = np.array([1.0, -0.5, 0.25])  # [O]


def vectors(units: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(units, 5)).astype(np.float32)


def exact(network: NumpyNetwork, units: int, empty: float) -> NDArray[np.float64]:
    def value(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = network.of_subsets(vectors(units), mask) @ BY_OUTPUT
        return result

    return shapley_values(value, units, empty, float(value(np.ones((1, units), np.bool_))[0]))


@pytest.mark.parametrize(
    ("cell", "both", "pooling"),
    [*product(("rnn", "gru", "lstm"), (True, False), ("last", "max", "mean", "max+mean"))],
)
def test_shares_come_near_the_exact_ones(
    cell: str, both: bool, pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(increments, "BLOCK", 7)  # so that places have several blocks
    network = small_network(cell=cell, bidirectional=both, pooling=pooling)
    expected = exact(network, UNITS, 0.3)
    result = network.unit_shares(vectors(UNITS), BY_OUTPUT, 0.3, 48, 0)
    assert result.sum() == pytest.approx(expected.sum(), abs=1e-5)
    assert np.abs(result - expected).max() < 0.15 * np.ptp(expected)
    assert np.corrcoef(result, expected)[0, 1] > 0.97


def test_the_same_arguments_give_the_same_shares() -> None:
    network = small_network()
    first, again, other = (
        network.unit_shares(vectors(15), BY_OUTPUT, 0.0, 4, seed) for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_one_unit_has_it_all() -> None:
    network = small_network()
    (share,) = network.unit_shares(vectors(1), BY_OUTPUT, 0.25, 2, 0)
    (output,) = network.of_subsets(vectors(1), np.ones((1, 1), np.bool_)) @ BY_OUTPUT
    assert share == pytest.approx(output - 0.25, abs=1e-5)


def test_places_hold_each_beginning_of_a_subset_once() -> None:
    pairs, units = 6, 20
    increments._place.cache_clear()
    places = [increments._place(place, pairs, 0) for place in range(units)]
    read: list[tuple[int, ...]] = [()]  # the units of each node
    for unit, place in enumerate(places):
        assert place.first == len(read)
        read += [(*read[parent], unit) for parent in place.parents.tolist()]
    assert len(set(read)) == len(read)
    # Those that the orders begin with, and no others.
    keys = balanced_keys(units, pairs, 0)  # [P/2, T]
    ranks = np.concatenate([keys, 1 - keys]).argsort(axis=1).argsort(axis=1)  # [P, T]
    subsets = [np.flatnonzero(row < count) for row in ranks for count in range(units + 1)]
    expected = {tuple(s[:end].tolist()) for s in subsets for end in range(len(s) + 1)}
    assert set(read) == expected


def games(units: int, random: np.random.Generator) -> NDArray[np.float64]:
    """What a unit adds after each set of those before it, [2^t]: effects of each and of pairs."""
    signs = np.where(np.arange(1 << units)[:, None] >> np.arange(units) & 1, 1, -1)  # [2^t, t]
    pairs = random.normal(size=(units, units))  # [t, t]
    result: NDArray[np.float64] = signs @ random.normal(size=units)
    result += ((signs @ pairs) * signs).sum(axis=1) / 4
    return result


def test_a_guess_takes_noise_from_what_sampled_orders_say() -> None:
    random, before, pairs = np.random.default_rng(0), 10, 6
    errors = []
    for _ in range(8):
        half = np.stack([random.permutation(before + 1) for _ in range(pairs)])
        orders = np.concatenate([half, half[:, ::-1]])  # [P, t+1], the last unit among them
        at = {0: 0}  # the place of each set
        rows = []  # of (unit, set, weight)
        for order in orders.tolist():
            code, won = 0, False
            for unit in order:
                if unit == before:
                    won = True
                    rows.append((unit, code, 1))
                elif won:
                    rows += [(unit, code | 1 << unit, 1), (unit, code, -1)]
                code |= (unit < before) << unit
        for _, code, _ in rows:
            at.setdefault(code, len(at))
        codes = np.array(list(at))  # [N]
        sampled = np.zeros((before + 1, len(at)), np.float32)
        for unit, code, weight in rows:
            sampled[unit, at[code]] += weight / len(orders)
        sets = (codes[:, None] >> np.arange(before) & 1).astype(np.bool_)  # [N, t]
        weights = share_weights(sets, sampled)
        worth = games(before, random)  # [2^t]
        expected = shapley_values(
            lambda subsets, worth=worth: (
                subsets[:, before]  # type: ignore[misc]
                * worth[subsets[:, :before] @ (1 << np.arange(before))]
            ),
            before + 1,
            0.0,
            float(worth[-1]),
        )
        found = (weights @ worth[codes], sampled @ worth[codes])
        assert found[0].sum() == pytest.approx(worth[-1], abs=1e-4)
        errors.append([((one - expected) ** 2).mean() for one in found])
    guessed, alone = np.sqrt(np.mean(errors, axis=0))
    assert guessed < 0.8 * alone, (guessed, alone)

"""Shares from what each unit adds to those before it come near the exact ones."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.inference import increments, set_games
from nsmc.inference.designs import subsets
from nsmc.inference.network import NumpyNetwork
from nsmc.inference.shapley import shapley_values
from tests.inference.conftest import small_network

UNITS = 6
BY_OUTPUT = np.array([1.0, -0.5, 0.25])  # [O]


def vectors(units: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(units, 5)).astype(np.float32)


def exact(network: NumpyNetwork, units: int, empty: float) -> NDArray[np.float64]:
    def value(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = network.of_subsets(vectors(units), mask) @ BY_OUTPUT
        return result

    return shapley_values(value, units, empty, float(value(np.ones((1, units), np.bool_))[0]))


@pytest.fixture
def every_subset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All subsets are chosen and guessed to be as they are."""

    def every(units: int, pairs: int, seed: int) -> NDArray[np.bool_]:
        return (np.arange(1 << UNITS - 1)[:, None] >> np.arange(units) & 1).astype(np.bool_)

    monkeypatch.setattr(increments, "subsets", every)
    monkeypatch.setattr(set_games, "NOISE", 1e-9)
    increments._place.cache_clear()
    yield
    increments._place.cache_clear()


@pytest.mark.usefixtures("every_subset")
@pytest.mark.parametrize(
    ("cell", "both", "pooling"),
    [*product(("rnn", "gru", "lstm"), (True, False), ("last", "max", "mean", "max+mean"))],
)
def test_all_subsets_have_exact_shares(cell: str, both: bool, pooling: str) -> None:
    network = small_network(cell=cell, bidirectional=both, pooling=pooling)
    result = network.unit_shares(vectors(UNITS), BY_OUTPUT, 0.3, 1, 0)
    assert result == pytest.approx(exact(network, UNITS, 0.3), abs=1e-4)


def test_a_part_of_them_has_nearly_these() -> None:
    network, units = small_network(), 9
    expected = exact(network, units, 0.3)
    result = network.unit_shares(vectors(units), BY_OUTPUT, 0.3, 64, 0)
    assert result.sum() == pytest.approx(expected.sum(), abs=1e-5)
    assert np.abs(result - expected).max() > 1e-4  # or all were read
    assert np.corrcoef(result, expected)[0, 1] > 0.97


def test_the_same_arguments_give_the_same_shares() -> None:
    network = small_network()
    first, again, other = (
        network.unit_shares(vectors(15), BY_OUTPUT, 0.0, 8, seed) for seed in (0, 0, 1)
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
    places = [increments._place(place, pairs, 0) for place in range(units)]
    read: list[tuple[int, ...]] = [()]  # the units of each node
    for unit, place in enumerate(places):
        assert place.own.start == len(read)
        read += [(*read[parent], unit) for parent in place.parents.tolist()]
        assert place.own.stop == len(read)
        assert place.sizes.tolist() == [len(node) for node in read[place.own]]
    assert len(set(read)) == len(read)
    # Those that the subsets and the whole comment begin with, and no others.
    half = subsets(units, pairs, 0)
    chosen = [np.flatnonzero(row).tolist() for row in np.concatenate([half, ~half])]
    expected = {tuple(s[:end]) for s in [*chosen, list(range(units))] for end in range(len(s) + 1)}
    assert set(read) == expected

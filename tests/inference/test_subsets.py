"""A comment's subsets get the outputs that each gets alone, and share what they have in common."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.config.model import ConvConfig
from nsmc.inference import subsets as module
from nsmc.inference.network import NumpyNetwork
from nsmc.inference.subsets import _tries
from nsmc.inference.wide import WideOutputs
from tests.inference.conftest import all_sets, small_network


def check(network: NumpyNetwork, mask: NDArray[np.bool_]) -> None:
    vectors = np.random.default_rng(1).normal(size=(mask.shape[1], 5)).astype(np.float32)
    result = network.of_subsets(vectors, mask)
    expected = network(vectors, np.nonzero(mask)[1], mask.sum(axis=1))
    np.testing.assert_allclose(result, expected, rtol=0, atol=2e-6)
    assert np.ptp(expected, axis=0).min() > 0.1  # or anything would do


@pytest.mark.parametrize(
    ("cell", "both", "pooling"),
    [*product(("rnn", "gru", "lstm"), (True, False), ("last", "max", "mean", "max+mean"))],
)
def test_all_subsets_score_as_alone(cell: str, both: bool, pooling: str) -> None:
    check(small_network(cell=cell, bidirectional=both, pooling=pooling), all_sets(6)[1:])


@pytest.mark.parametrize("fields", [{"layers": 2}, {"conv": ConvConfig(filters=4)}])
def test_networks_whose_states_are_not_shared_score_the_same(fields: dict[str, object]) -> None:
    check(small_network(**fields), all_sets(6)[1:])


def test_drawn_subsets_twice_and_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 7)  # so that depths have several blocks
    mask = np.random.default_rng(0).random((200, 23)) < 0.5
    mask[0], mask[1] = True, np.arange(23) == 22
    check(small_network(), np.concatenate([mask, mask[:50]]))
    check(small_network(), mask[[1, 7, 1, 7]])


def test_what_subsets_share_is_computed_once() -> None:
    forward, backward = _tries(all_sets(9)[1:].tobytes(), 9)
    for trie in (forward, backward):
        assert sum(len(depth.places) for depth in trie) == 2**9 - 1
        assert sorted(place for depth in trie for place in depth.subsets) == list(range(2**9 - 1))
    alone = np.ones((5, 9), np.bool_)
    assert [len(depth.places) for depth in _tries(alone.tobytes(), 9)[0]] == [1] * 9


def test_the_wide_layer_counts_the_ngrams_of_each_subset() -> None:
    table = np.random.default_rng(0).normal(size=(1 << 10, 2)).astype(np.float32)  # [K, O]
    wide, units = WideOutputs(table, None, 4), ["연기", "는", "좋", "은데", "ㅋㅋ", "👍🏽", ""]
    mask = all_sets(len(units))[1:]
    lists = [[unit for unit, kept in zip(units, row, strict=True) if kept] for row in mask]
    result = wide.of_subsets(units, mask)
    assert (result == wide(lists)).all()
    assert (np.abs(result).sum(axis=1) > 0).sum() == len(mask) - 1  # all but the one of ""

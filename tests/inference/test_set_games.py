"""Guesses from all sets are exact, and few chosen sets say more than as many random ones."""

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.inference import set_games
from nsmc.inference.designs import subsets
from nsmc.inference.set_games import alike, integral, prefix_weights, subset_weights, usual
from nsmc.inference.shapley import shapley_values
from tests.inference.conftest import all_sets

Game = Callable[[NDArray[np.bool_]], NDArray[np.float64]]


def rough(units: int) -> Game:
    """A game without any structure: a random value of each set."""
    worth = np.random.default_rng(units).normal(size=1 << units)  # [2^t]
    return lambda sets: worth[sets @ (1 << np.arange(units))]


def smooth(units: int, seed: int) -> Game:
    """A game with effects of each unit and of pairs."""
    random = np.random.default_rng(seed)
    single, pairs = random.normal(size=units), random.normal(size=(units, units)) / 4

    def value(sets: NDArray[np.bool_]) -> NDArray[np.float64]:
        signs = np.where(sets, 1.0, -1.0)  # [N, t]
        result: NDArray[np.float64] = signs @ single + np.tanh((signs @ pairs) * signs).sum(axis=1)
        return result

    return value


def exact(game: Game, units: int) -> NDArray[np.float64]:
    empty, full = game(np.array([[False] * units, [True] * units])).tolist()
    return shapley_values(game, units, empty, full)


def test_all_sets_have_exact_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_games, "NOISE", 1e-9)
    units = 6
    sets, game = all_sets(units), rough(units)
    whole_first = sets[::-1][: len(sets) // 2]  # one of each pair
    differences = game(whole_first) - game(~whole_first)
    found = subset_weights(whole_first) @ differences
    assert found == pytest.approx(exact(game, units), abs=1e-5)

    def with_last(both: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.where(both[:, -1], game(both[:, :-1]), 0.0)

    assert prefix_weights(sets) @ game(sets) == pytest.approx(exact(with_last, units + 1), abs=1e-5)


def test_the_mean_covariance_is_that_with_random_sets() -> None:
    units = 5
    sets, strengths = all_sets(units), np.linspace(0.1, 0.5, units)
    signs = np.where(sets, 1.0, -1.0)
    sizes = sets.sum(axis=1)
    chance = np.array([1 / ((units + 1) * comb(units, size)) for size in sizes.tolist()])  # [2^t]
    for covariance, means in zip(alike(signs, strengths), usual(signs, strengths), strict=True):
        assert means @ integral()[1] == pytest.approx(covariance @ chance, rel=1e-9)
    assert np.diag(alike(signs, strengths)[0]) == pytest.approx(1)


def test_shorter_comments_have_the_beginnings_of_sets() -> None:
    chosen = subsets(30, 16, 0)
    assert (subsets(12, 16, 0) == chosen[:, :12]).all()
    assert (subsets(30, 16, 1) != chosen).any()


def test_few_chosen_sets_guess_better_than_random_ones() -> None:
    units, pairs = 9, 24
    whole = np.ones((1, units), np.bool_)
    random = np.random.default_rng(0)

    def error(sets: NDArray[np.bool_], game: Game) -> float:
        sets = np.concatenate([whole, sets])
        found = subset_weights(sets) @ (game(sets) - game(~sets))
        return float(((found - exact(game, units)) ** 2).mean())

    chosen, drawn = [], []
    for seed in range(8):
        game = smooth(units, seed)
        chosen.append(error(subsets(units, pairs, seed), game))
        drawn.append(error(random.random((pairs, units)) < random.random((pairs, 1)), game))
    assert np.mean(chosen) < 0.5 * np.mean(drawn), (np.mean(chosen), np.mean(drawn))

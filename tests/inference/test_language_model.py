"""The language model in numpy: the same probabilities as torch's, and texts made from them."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nsmc.data.fields import MorphemeBatch
from nsmc.data.special_units import EOS
from nsmc.errors import ModelError, UsageError
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.inference.language_model import LanguageModel, load_language_model
from nsmc.inference.softmax import NextUnit
from nsmc.model.network import RecurrentNetwork
from nsmc.model.next_unit import NextUnitHead
from nsmc.tasks.registry import make_task
from nsmc.text.subwords import subword_ids

if TYPE_CHECKING:
    from tests.conftest import Untrained

UNITS = list("가나다라마바사아자차카타파하▁")
VOCABULARY = ["<unk>", EOS, *UNITS]
TEXTS = ["가", "가나다라마바사", "하 파 타 카", "나" * 22, "뷁가뷁", "하파"]
ADAPTIVE = ("language_model.adaptive_from=12", "language_model.shortlist=3")


def fields(*others: str) -> tuple[str, ...]:
    return ("task=language-model", "text.unit=syllable", "training.adversarial_norm=0", *others)


def on_torch(model: LanguageModel, units: list[str]) -> list[NDArray[np.float64]]:
    """-log p of a text's units in each direction, by torch's own softmax over whole rows."""
    config = model.model.config
    network = RecurrentNetwork(len(VOCABULARY), config.model, make_task(model.model.config)).eval()
    network.load_state_dict(
        {k: torch.from_numpy(v.astype(np.float32)) for k, v in model.model.weights().items()}
    )
    marked = [EOS, *units, EOS]
    rows = [VOCABULARY.index(u) if u in VOCABULARY else 0 for u in marked]
    shape = config.model
    ids = [subword_ids(u, shape.subword_buckets, letters=shape.subword_letters) for u in marked]
    counts = torch.tensor([len(i) for i in ids])
    batch = MorphemeBatch(
        torch.tensor(rows),
        torch.tensor([i for of_one in ids for i in of_one], dtype=torch.int64),
        counts.cumsum(0) - counts,
        torch.arange(len(marked))[:, None],
    )
    head = network.head
    assert isinstance(head, NextUnitHead)
    with torch.inference_mode():
        states = network.encode(network.embed(batch))[:, 0]  # [T, D·H]
        halves = states.chunk(config.model.directions, dim=-1)
        targets = torch.tensor(rows)
        pairs = [(halves[0][:-1], targets[1:])]
        if len(halves) == 2:
            pairs.append((halves[1][1:], targets[:-1]))
        result = [
            np.array([float(head.loss(s[None], t[None])) for s, t in zip(states, of, strict=True)])
            for states, of in pairs
        ]
    if len(result) == 2:
        result[1] = np.roll(result[1], -1)
    return result


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", ["false", "true"])
def test_every_shape_gives_torchs_probabilities(
    cell: str, layers: int, bidirectional: str, untrained: Untrained
) -> None:
    groups = ADAPTIVE if (layers + len(cell) + len(bidirectional)) % 2 else ()
    path = untrained(
        *fields(f"model.cell={cell}", f"model.layers={layers}", *groups),
        f"model.bidirectional={bidirectional}",
        vocabulary=VOCABULARY,
    )
    model = load_language_model(path)
    units = [model.tokenizer(text) for text in TEXTS]
    for result, cut in zip(model.surprisals(units), units, strict=True):
        expected = on_torch(model, cut)
        np.testing.assert_allclose(result, np.stack(expected), atol=1e-5)


def test_ngrams_of_letters_are_read_as_torch_does(untrained: Untrained) -> None:
    # Weights of whole comments' n-grams are for tasks of one answer a text.
    others = ("model.subword_letters=true", "model.wide.buckets=64")
    model = load_language_model(untrained(*fields(*others), vocabulary=VOCABULARY))
    plain = load_language_model(untrained(*fields(), vocabulary=VOCABULARY))
    units = [model.tokenizer(text) for text in TEXTS]
    for result, without, cut in zip(
        model.surprisals(units), plain.surprisals(units), units, strict=True
    ):
        np.testing.assert_allclose(result, np.stack(on_torch(model, cut)), atol=1e-5)
        assert np.abs(result - without).max() > 1e-3


@pytest.fixture(scope="module")
def both_ways(untrained: Untrained) -> LanguageModel:
    return load_language_model(untrained(*fields(*ADAPTIVE), vocabulary=VOCABULARY))


def test_a_text_has_the_same_score_in_any_company(both_ways: LanguageModel) -> None:
    together = both_ways.score(TEXTS)
    for score, text in zip(together, TEXTS, strict=True):
        assert score.bits == pytest.approx(both_ways.score(text).bits, rel=1e-6)
    assert together[1].units[0].unit == "가"
    assert [u.unit for u in together[5].units] == ["하", "파", EOS]


def test_the_score_is_the_mean_of_both_directions(both_ways: LanguageModel) -> None:
    (nats,) = both_ways.surprisals([["가", "나"]])
    assert nats.shape == (2, 3)
    score = both_ways.score("가나")
    assert [u.bits for u in score.units] == pytest.approx(nats.mean(axis=0) / math.log(2))
    assert score.bits == pytest.approx(nats.sum() / 2 / math.log(2))
    assert score.perplexity == pytest.approx(math.exp(nats.mean()))
    assert score.bits_per_character == pytest.approx(score.bits / 2)


def test_units_stand_where_they_were_typed(both_ways: LanguageModel) -> None:
    text = "  가\u200b나   다"
    score = both_ways.score(text)
    assert [text[u.start : u.end].strip("\u200b") for u in score.units[:2]] == ["가", "나"]
    assert (score.units[-1].start, score.units[-1].end) == (len(text), len(text))
    assert score.characters == len("가나 다")


def test_unknown_units_are_counted_and_illegible_texts_have_no_score(
    both_ways: LanguageModel,
) -> None:
    score = both_ways.score("뷁가뷁")
    assert score.unknown == 2
    assert [u.known for u in score.units] == [False, True, False, True]
    nothing = both_ways.score(" \u200b")
    assert nothing.units == () and math.isnan(nothing.perplexity)
    assert nothing.to_dict()["perplexity"] is None
    assert both_ways.score([]) == []


def test_all_probabilities_after_a_state_sum_to_one(both_ways: LanguageModel) -> None:
    weights = both_ways.model.weights()
    softmax = NextUnit(weights, [3, 15, len(VOCABULARY)])
    states = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)  # [N, H]
    for state in states:
        logs = softmax.all_log_probabilities(state)  # [V]
        assert np.exp(logs).sum() == pytest.approx(1)
        rows = np.arange(len(VOCABULARY))
        one_by_one = softmax.log_probabilities(
            np.repeat(state[None], len(rows), axis=0), rows
        )  # [V]
        np.testing.assert_allclose(one_by_one, logs, atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_reading_unit_by_unit_gives_the_probabilities_of_the_whole(
    cell: str, untrained: Untrained
) -> None:
    path = untrained(
        *fields(f"model.cell={cell}", "model.layers=2", "model.bidirectional=false"),
        vocabulary=VOCABULARY,
    )
    model = load_language_model(path)
    begun = list("가나다")
    rng = np.random.default_rng(3)
    units = model.generate(begun, temperature=0, rng=rng)
    result = [next(units) for _ in range(6)]
    for count, unit in enumerate(result):
        # The likeliest after all that stands before, read anew.
        before = [*begun, *result[:count]]
        nats = [model.surprisals([[*before, u]])[0][0][len(before)] for u in VOCABULARY[2:]]
        best = VOCABULARY[2 + int(np.argmin(nats))]
        ending = model.surprisals([before])[0][0][len(before)]
        assert unit == (EOS if ending < min(nats) else best)


def test_a_seed_decides_and_draws_follow_the_probabilities(both_ways: LanguageModel) -> None:
    first, again = (both_ways.complete("가나", units=8, seed=5) for _ in range(2))
    assert first == again
    assert first.text.startswith("가나") and len(first.units) <= 8
    others = {both_ways.complete("가나", units=8, seed=seed).text for seed in range(8)}
    assert len(others) > 4
    drawn = Counter(
        next(both_ways.generate(["가"], rng=np.random.default_rng(seed))) for seed in range(800)
    )
    (nats,) = both_ways.surprisals([["가", "나"]])
    (unknown,) = both_ways.surprisals([["가", "뷁"]])
    share = math.exp(-nats[0][1]) / (1 - math.exp(-unknown[0][1]))
    # Three standard errors of 800 draws.
    assert drawn["나"] / 800 == pytest.approx(share, abs=3 * math.sqrt(share / 800))
    assert "<unk>" not in drawn


def test_top_p_and_temperature_narrow_the_choice(both_ways: LanguageModel) -> None:
    def seen(**options: float) -> set[str]:
        made = (
            next(both_ways.generate(["가"], rng=np.random.default_rng(seed), **options))
            for seed in range(300)
        )
        return set(made)

    greedy = seen(temperature=0)
    assert len(greedy) == 1
    assert seen(top_p=1e-9) == greedy
    assert greedy < seen(top_p=0.5) < seen()
    assert seen(temperature=0.05) < seen()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "units to add, found 0"),
        ({"temperature": -1}, "temperature of 0 or more"),
        ({"temperature": math.nan}, "temperature of 0 or more"),
        ({"top_p": 0}, "top-p above 0"),
        ({"top_p": 1.5}, "top-p above 0"),
    ],
)
def test_numbers_out_of_range_are_refused(
    options: dict[str, float], message: str, both_ways: LanguageModel
) -> None:
    with pytest.raises(UsageError, match=message):
        both_ways.complete("가", **options)  # type: ignore[arg-type]


def test_hihello_is_learnt_by_heart(hihello: Path) -> None:
    model = load_language_model(hihello)
    result = model.complete("h", temperature=0)
    assert (result.text, result.ended) == ("hihello", True)
    assert model.score("hihello").perplexity < 1.05
    assert model.score("hihlelo").perplexity > 3


def test_models_of_one_kind_are_refused_by_the_other(untrained: Untrained) -> None:
    with pytest.raises(ModelError, match="is a language model; use nsmc score-text"):
        Classifier(open_model(untrained(*fields())))
    with pytest.raises(ModelError, match="labels comments; use nsmc predict"):
        load_language_model(untrained())

"""The training of a model's early exit, and the rule for what its stages answer.

Shapes: R comments, V of them validate, G n-grams of all of them, K rows of the exit's table,
O outputs, C classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ExitConfig
from nsmc.data.corpus import Corpus
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import ModelDirectory, open_model, write_again
from nsmc.inference.early_exit import FAMILIAR_BITS, EarlyExit
from nsmc.inference.narrow import PREFIX
from nsmc.inference.parameters import LARGEST
from nsmc.inference.sureness import sureness
from nsmc.inference.vectors import MorphemeVectors
from nsmc.inference.wide import SCALE, WideOutputs
from nsmc.pipeline.chunks import chunks_of, map_comments
from nsmc.tasks.task import LabelTask, Task
from nsmc.text.character_ngrams import character_ngrams, character_pairs

MOST = 300_000
"""Reviews that it learns from at most; more of them teach it little."""
ITERATIONS = 40
DAMPING = 1e-4
"""The ridge penalty of a weight, beside the mean squared error of a review."""
LEAST = 2
"""Training comments that have a pair of characters, for it to be known."""
BUDGETS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares of what the early exit may cost that n-grams may use up; the narrow network has the
rest."""
NARROW_COST = 0.3
"""What cutting a comment and asking the narrow network takes, in times of the whole network."""
COSTS = ("accuracy", "log_loss", "accuracy_on_labels", "log_loss_on_labels")
UNIT_END = "\n"
"""Between the units of a review on its way to a worker; none holds a line break."""

Floats = NDArray[np.float32]


def add_exit(
    model: Path, corpus: Corpus, rows: NDArray[np.int64], held: NDArray[np.int64], learnt: Task
) -> dict[str, Any] | None:
    """Train the early exit of a model directory and write it there, if the config asks for one.

    Only for a model of classes with a wide layer. ``metrics.json`` tells of it under ``exit``.

    Args:
        model: its directory.
        corpus: the reviews of its training.
        rows: those to learn from.
        held: those that validate.
        learnt: the task of its training, whose labels may be soft; the model's own are not.

    Returns:
        What ``metrics.json`` tells of it; None without one.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    if not has_exit(learnt):
        return None
    learns = rows[:: -(-len(rows) // MOST)]
    units = [UNIT_END.join(one) for one in corpus.take(np.append(learns, held)).units()]  # R
    targets = learnt.corpus_targets(corpus)[held]  # [V, …]
    return write_exit(model, units, len(learns), targets)


def has_exit(task: Task) -> bool:
    """Whether a task's config asks for an early exit, and it can have one."""
    config = task.config.model
    if not (config.exit.buckets and config.wide.buckets and isinstance(task, LabelTask)):
        return False
    # Of a number of stars nobody can say how sure it is.
    return task.class_answer is not None and task.star_scale is None


def write_exit(
    model: Path, units: list[str], learns: int, targets: Floats, workers: int | None = None
) -> dict[str, Any]:
    """Train the early exit of a model directory on reviews and write it there.

    A narrow network that the model has already goes on from where it is.

    Args:
        model: the directory of a model of classes with a wide layer.
        units: [R] the units of each review, joined by `UNIT_END`.
        learns: how many of them, the first, to learn from; the rest validates.
        targets: [V, …] of those that validate, as the task has them.
        workers: processes; None follows the rule of `nsmc.pipeline.chunks`.

    Returns:
        What ``metrics.json`` then tells of it.
    """
    source = open_model(model)
    classifier = Classifier(source, exact=True)
    chunks = map_comments(chunks_of(units), partial(_outputs, classifier), workers=workers)
    outputs = np.concatenate(list(chunks))  # [R, O] of the whole model
    wide = WideOutputs.of(source, source.weights())
    assert wide is not None
    config, task = source.config.model.exit, classifier.task
    characters = [one.replace(UNIT_END, "") for one in units]
    buckets = min(config.buckets, wide.buckets)
    stage, added = _fitted(wide, characters, learns, outputs, buckets)
    (early, _), known = stage.all_outputs(characters[learns:]), stage.known(characters[learns:])
    early[~known] = np.nan  # [V, O]
    whole, arrays = outputs[learns:], stage.arrays
    if config.hidden_size:
        narrow, deep = _narrowed(source, units, learns, outputs, added)
        second = np.where(known[:, None], deep, np.nan)  # [V, O]
        record = choose_thresholds(task, early, second, whole, targets, config)
        narrow["threshold"] = np.array([record["narrow_threshold"]], np.float32)
        arrays |= {PREFIX + name: values for name, values in narrow.items()}
    else:
        record = choose_threshold(task, early, whole, targets, config)
    record = {"buckets": buckets, **record}
    arrays["threshold"][:] = record["threshold"]
    answers = record["share"] or record.get("narrow_share")
    content = stage.to_bytes() if answers else None
    write_again(source, model, metrics={**source.metrics, "exit": record}, exit=content)
    return record


def choose_thresholds(
    task: LabelTask,
    early: Floats,
    narrow: Floats,
    whole: Floats,
    targets: Floats,
    config: ExitConfig,
) -> dict[str, float]:
    """The thresholds of n-grams and narrow network that leave the least to do.

    Of some shares (`BUDGETS`) of what may be lost that n-grams use up. The narrow network then
    answers as many of the others as the rest allows.

    Args:
        task, early, whole, targets, config: as for `choose_threshold`.
        narrow: [V, O] of the narrow network; NaN for a comment that it may not answer.

    Returns:
        As `choose_threshold`, with the costs of both, and ``narrow_share`` and
        ``narrow_threshold``.
    """
    best, least = {}, np.inf
    may = np.asarray(~np.isnan(early).any(axis=1))  # [V]
    given = np.where(may[:, None], early, whole)  # [V, O]
    for budget in BUDGETS:
        first = choose_threshold(task, early, whole, targets, config, budget=budget)
        answered = may & (sureness(given) >= first["threshold"])  # [V]
        left = np.where(answered[:, None], np.nan, narrow)  # [V, O]
        second = choose_threshold(task, left, whole, targets, config, spent=first)
        rest = 1 - first["share"]
        work = NARROW_COST * rest + rest - second["share"]
        if work < least:
            costs = {name: first[name] + second[name] for name in COSTS}
            kept = {"share": first["share"], "threshold": first["threshold"]}
            kept |= {f"narrow_{name}": second[name] for name in kept}
            best, least = {**kept, **costs}, work
    return best


def choose_threshold(
    task: LabelTask,
    early: Floats,
    whole: Floats,
    targets: Floats,
    config: ExitConfig,
    *,
    budget: float = 1.0,
    spent: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """The lowest `sureness` from which on early answers cost no more than the config allows.

    The cost is measured in two ways, and the larger counts: on the labels, and as the whole model
    expects it, which is by how much its probability of its own answer exceeds that of the early
    one, and by the Kullback-Leibler divergence of both. The latter are the differences in accuracy
    and log loss of a calibrated model without the chance in single labels.

    Args:
        task: of C classes.
        early: [V, O] of the first stage; NaN for a comment that it may not answer.
        whole: [V, O] of the whole model.
        targets: [V, …] the labels.
        config: what early answers may cost.
        budget: which share of that.
        spent: the costs of a stage before, which count as well.

    Returns:
        The ``threshold``, the ``share`` of comments with an early answer, and the four costs.
    """
    may = np.asarray(~np.isnan(early).any(axis=1))  # [V]
    early = np.where(may[:, None], early, whole)
    first, last = (
        task.class_predictions(outputs, targets, 0.5) for outputs in (early, whole)
    )  # of [V, C] each
    p, q = last.probabilities.clip(1e-12, 1), first.probabilities.clip(1e-12, 1)  # [V, C]
    places, labels = np.arange(len(p)), last.labels  # [V]
    labelled = labels >= 0  # [V]
    scale = len(p) / max(1, int(labelled.sum()))
    sure = np.where(may, sureness(early), -np.inf)  # [V]
    each = {
        "accuracy": p[places, last.predicted] - p[places, first.predicted],
        "log_loss": (p * np.log(p / q)).sum(axis=1),
        "accuracy_on_labels": scale * labelled * (last.right.astype(float) - first.right),
        "log_loss_on_labels": scale * labelled * np.log(p[places, labels] / q[places, labels]),
    }  # of [V] each
    order = np.argsort(-sure, kind="stable")
    costs = {name: np.cumsum(cost[order]) / len(p) for name, cost in each.items()}  # of [V] each
    limits = {"accuracy": config.accuracy, "log_loss": config.log_loss}
    within = [
        cost <= budget * limits[name.removesuffix("_on_labels")] - (spent or {}).get(name, 0.0)
        for name, cost in costs.items()
    ]
    counts = np.flatnonzero(np.all(within, axis=0)[: may.sum()]) + 1
    count = int(counts[-1]) if len(counts) else 0
    record = {name: float(cost[count - 1]) if count else 0.0 for name, cost in costs.items()}
    # In float32, as it is stored, and not above what it has to let through.
    least = np.float32(sure[order[count - 1]] if count else LARGEST)
    threshold = float(np.nextafter(least, np.float32(-np.inf)))
    return {"share": count / len(p), "threshold": threshold, **record}


def _outputs(classifier: Classifier[Any], units: list[str]) -> Floats:
    return classifier.outputs_of([one.split(UNIT_END) for one in units])


def _fitted(
    wide: WideOutputs, characters: list[str], learns: int, outputs: Floats, buckets: int
) -> tuple[EarlyExit, Floats]:
    """The first stage: what n-grams tell of the recurrent network's part, beside their own.

    The table is a ridge regression of the outputs without the wide layer's part: that part has
    memorized the training labels, so the whole outputs would teach what new comments don't have.
    Then both parts are weighed, and shifted, to the least cross-entropy with the whole model's
    probabilities on the comments that validate.

    Args:
        wide: the model's wide layer.
        characters: [R] reviews as the exit reads them.
        learns: how many of them, the first, to learn from.
        outputs: [R, O] of the whole model.
        buckets: K.

    Returns:
        The stage, and the wide layer's part [R, O].
    """
    from scipy.sparse.linalg import lsqr

    grams, added = _grams(wide, characters, buckets)  # [R, K], [R, O]
    deep = outputs - added  # [R, O]
    bias = deep[:learns].mean(axis=0)  # [O]
    damp = (DAMPING * learns) ** 0.5
    fits = [
        lsqr(grams[:learns], deep[:learns, o] - bias[o], damp=damp, iter_lim=ITERATIONS)[0]
        for o in range(outputs.shape[1])
    ]
    table = np.stack(fits, axis=1).astype(np.float32)  # [K, O]
    held = grams[learns:] @ table + bias  # [V, O]
    weighs = _weighed(added[learns:], held, outputs[learns:])
    scales = np.maximum(np.abs(table).max(axis=0), 1e-30) / np.float32(127)  # [O]
    arrays = {
        "weight": np.rint(table / scales).astype(np.int8),
        "scale": (weighs[1] * scales).astype(np.float32),
        "bias": (weighs[1] * bias + weighs[2]).astype(np.float32),
        "wide": np.array([weighs[0]], np.float32),
        "threshold": np.zeros(1, np.float32),
        "familiar": _familiar(characters[:learns]),
    }
    return EarlyExit(wide, arrays), added


def _narrowed(
    source: ModelDirectory, units: Sequence[str], learns: int, outputs: Floats, added: Floats
) -> tuple[dict[str, NDArray[Any]], Floats]:
    """The arrays of the narrow network but its threshold, and its outputs [V, O].

    It learns what the recurrent network gives; then its part and the wide layer's are weighed, and
    shifted, as in `_fitted`.
    """
    from nsmc.training.narrow import fit_narrow

    vectors = MorphemeVectors.of(source, source.weights())
    cut = [one.split(UNIT_END) if one else [] for one in units]  # R
    deep = np.nan_to_num(outputs - added)  # [R, O]; NaN without units
    config = source.config.model
    arrays, given = fit_narrow(
        vectors, cut, learns, deep, added, config, source.label_task, _narrow_of(source)
    )
    for name in arrays:
        if name.startswith("encoder.weight"):  # as its file has them
            arrays[name] = arrays[name].astype(np.float16)
    weighs = _weighed(added[learns:], given[learns:], outputs[learns:]).astype(np.float32)
    arrays["head.weight"] = arrays["head.weight"] * weighs[1]
    arrays["head.bias"] = arrays["head.bias"] * weighs[1]
    if outputs.shape[1] == 1:
        arrays["head.bias"] = arrays["head.bias"] + weighs[2]
    arrays["wide"] = weighs[:1]
    shift = weighs[2] if outputs.shape[1] == 1 else np.float32(0)
    return arrays, weighs[0] * added[learns:] + weighs[1] * given[learns:] + shift


def _narrow_of(source: ModelDirectory) -> dict[str, NDArray[Any]]:
    """The arrays of a model's narrow network; none if there is none of its config's width."""
    config, wide = source.config.model, WideOutputs.of(source, source.weights())
    if source.exit is None:
        return {}
    arrays = EarlyExit.from_bytes(source.exit, wide, config, source.label_task).narrow
    state = arrays.get("encoder.weight_hh_l0")
    return arrays if state is not None and state.shape[1] == config.exit.hidden_size else {}


def _weighed(added: Floats, deep: Floats, outputs: Floats) -> NDArray[np.float64]:
    """The weights [3] of the parts [V, O] and of a shift, nearest to the outputs [V, O]."""
    from scipy.optimize import minimize

    one = outputs.shape[1] == 1
    p = np.exp(_log_shares(outputs))  # [V, C]

    def cross_entropy(weights: NDArray[np.float64]) -> float:
        mixed = weights[0] * added + weights[1] * deep + weights[2] * one
        return -float((p * _log_shares(mixed)).sum(axis=1).mean())

    result = minimize(cross_entropy, [1.0, 1.0, 0.0], method="Nelder-Mead")
    return np.asarray(result.x)


def _log_shares(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Log probabilities [V, C] of outputs [V, O]; one output is log odds."""
    if outputs.shape[1] == 1:
        odds = outputs.astype(np.float64)  # [V, 1]
        return np.asarray(-np.logaddexp(0, np.concatenate([odds, -odds], axis=1)))
    exact = outputs.astype(np.float64)  # [V, C]
    return np.asarray(exact - np.logaddexp.reduce(exact, axis=1, keepdims=True))


def _grams(wide: WideOutputs, characters: Sequence[str], buckets: int) -> tuple[Any, Floats]:
    """The n-grams of comments as a sparse matrix [R, K], and the wide layer's part [R, O]."""
    from scipy.sparse import csr_matrix

    shift = (wide.buckets // buckets).bit_length() - 1
    ids, counts, added = [], [], []
    for some in _pieces(characters):
        rows, count = character_ngrams([[c] for c in some], wide.longest, wide.buckets)
        added.append(wide.sums(rows, count))
        ids.append((rows >> shift).astype(np.int32))
        counts.append(count)
    count = np.concatenate(counts)  # [R]
    values = np.repeat((SCALE / np.sqrt(np.maximum(count, 1))).astype(np.float32), count)  # [G]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])  # [R + 1]
    shape = (len(characters), buckets)
    return csr_matrix((values, np.concatenate(ids), ends), shape=shape), np.concatenate(added)


def _familiar(characters: Sequence[str]) -> NDArray[np.uint8]:
    """The bits of the pairs of characters that `LEAST` comments have."""
    seen = np.zeros(FAMILIAR_BITS, np.int64)
    for some in _pieces(characters):
        pairs, owners = character_pairs(some, FAMILIAR_BITS)
        each = np.unique(owners * FAMILIAR_BITS + pairs) % FAMILIAR_BITS
        seen += np.bincount(each, minlength=FAMILIAR_BITS)
    return np.packbits(seen >= LEAST)


def _pieces(characters: Sequence[str]) -> Iterator[Sequence[str]]:
    return (characters[start : start + 4096] for start in range(0, len(characters), 4096))

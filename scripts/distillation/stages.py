"""The stages from reviews to a distilled model; each leaves its result in a directory of its own.

A stage whose result is there isn't done again, and a training that was interrupted goes on, so the
whole can be stopped and started at any time.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from distillation.averaging import average, reorder
from distillation.calibrate import calibrate, learn_words
from distillation.ensemble import EnsembleWeights, combine
from distillation.ngrams import CONFIG
from distillation.primed import (
    COMPOSED,
    COPIES,
    COPIES_AT_THE_END,
    REAL,
    bare,
    composed,
    drawn,
    primed_table,
    sure_words,
    words_of,
)
from distillation.reviews import Reviews, Track, read_all
from distillation.soft_labels import soft_label_table
from numpy.typing import NDArray

from nsmc.config.schema import load_config
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import read_json, write_json
from nsmc.training.api import train
from nsmc.training.loop import EpochDone
from nsmc.training.run import Event
from nsmc.training.state import TrainingState

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
NGRAMS = ("model.subword_buckets=60000", "model.subword_letters=true")
SIZES = (128, 192, 256)
"""Hidden sizes of the language models, each of which reads all texts once, with the vectors that
the one before has learnt and wider layers."""
PASSES: dict[Track, int] = {"150k": 2, "all": 3}
"""How many of them come before a track's teacher of morphemes, which has the last one's layers."""
MANY = ("training.batch_size=256", "training.learning_rate=0.002", "training.epochs=2")
STARS = (
    "task=sentiment+stars",
    "sentiment.balance=prior",
    "data.validation_column=validation",
    "training.adversarial_norm=0",
    "model.embedding_dropout=0.3",
)
"""For the track of all labels: stars beside them, of which most are high."""
SHARE = 0.5
"""Of the student in the average of its weights and those that it started from."""
PRIMER = (
    *("training.epochs=1", "training.batch_size=128"),
    *("model.embedding_dropout=0.1", "model.dropout=0.1", "model.wide.dropout=0.7"),
    *("data.noise=0", "model.exit.buckets=0"),
)
"""For the last training, of composed comments among real ones; the model that ships gets its early
exit afterwards."""
PRIMER_RATE = 0.001
"""The step size of its passes."""
PRIMED_SHARE = 0.95
"""Of what it makes of the model in the average with the model as it was."""


@dataclass(frozen=True)
class PrimerPass:
    """One of the last training's passes, over real reviews and composed comments of its own."""

    draw: int
    """The seed by which its reviews are drawn; a hundred times that is the comments'."""
    starts_from: tuple[int, ...] = ()
    """Numbers, from 1 on, of the passes from whose mean it starts; none: from the model that the
    primer is taught to."""


PRIMER_PASSES = (PrimerPass(31), PrimerPass(32, (1,)), PrimerPass(33))
"""The passes of the shipped model; their mean goes on (Wortsman et al., "Model soups", ICML
2022)."""


@dataclass(frozen=True)
class Stages:
    """What is made of a directory of NSMC's files and a table of further reviews."""

    data: Path
    """Holds ``ratings_train.txt``."""
    further: Path
    """Texts with ``rating`` from 1 to 10, none of which stands in the test file."""
    work: Path
    """Where results are kept."""
    device: str = "cpu"
    overrides: Sequence[str] = ()
    """Fields in which all trainings are to differ, to try the stages on few reviews."""
    composed: int = COMPOSED
    """Comments of a pass of the primer."""
    passes: Sequence[PrimerPass] = PRIMER_PASSES
    """Over the primer and real reviews."""
    start: Path | None = None
    """A finished model that the last training starts from, in place of all stages before it."""
    primed_start: Path | None = None
    """With ``start``, a finished model made of it that knows composed comments: the passes start
    from it, and real reviews' labels are what both say."""

    def finished(self, track: Track, seed: int) -> Path:
        """The directory of a track's model of one seed, which puts words right, calibrated."""
        output = self.work / track / f"seed-{seed}"
        if not (output / "model").exists():
            before = self.ordered(seed) if track == "all" else self.ensemble(track, seed)
            reviews = self.reviews()
            held = np.flatnonzero(reviews.validates)
            calibrate(
                before / "model",
                self.words(),
                output / "model",
                [reviews.texts[row] for row in held.tolist()],
                reviews.labels[held],
            )
        return output

    def words(self) -> Path:
        """The directory of the words of all texts but validation's, which spelling goes by."""
        output = self.work / "words"
        if not output.exists():
            if self.start:
                words_of(self.start, output)
            else:
                reviews = self.reviews()
                learn_words(reviews.texts, reviews.validates, output)
        return output

    def settled(self, seed: int) -> Path:
        """The directory of the model between the one before the primer and what that made of it."""
        output = self.work / "all" / f"settled-{seed}"
        if not (output / "model").exists():
            numbers = range(1, len(self.passes) + 1)
            before, after = self.before_primer(seed), self.mean_of(seed, numbers)
            average(before / "model", after / "model", PRIMED_SHARE, output / "model")
        return output

    def mean_of(self, seed: int, numbers: Sequence[int]) -> Path:
        """The directory of the mean of the models of some passes."""
        output = self.primed(seed, numbers[0])
        for count, number in enumerate(numbers[1:], start=2):
            names = "-".join(map(str, numbers[:count]))
            mean = self.work / "all" / f"mean-{seed}-of-{names}"
            if not (mean / "model").exists():
                other = self.primed(seed, number)
                average(output / "model", other / "model", 1 / count, mean / "model")
            output = mean
        return output

    def primed(self, seed: int, number: int) -> Path:
        """Of the track of all labels: a model that has learnt composed comments as well.

        Args:
            seed: of the whole.
            number: of the pass that is its last, from 1 on.
        """
        one = self.passes[number - 1]
        start = self.mean_of(seed, one.starts_from) if one.starts_from else self.learner(seed)
        overrides = [
            *(f"training.seed={seed}", f"training.init_from={start}", *PRIMER),
            f"training.learning_rate={PRIMER_RATE}",
        ]
        output = self.work / "all" / f"primed-{seed}-{number}"
        return self._trained(output, self.primer(seed, number), overrides, "distilled.toml")

    def primer(self, seed: int, number: int) -> Path:
        """The table that a pass learns from: see `distillation.primed`."""
        path = self.work / "all" / f"primer-{seed}-{number}.parquet"
        if not path.exists():
            one, reviews = self.passes[number - 1], self.reviews()
            rows = drawn(reviews, REAL, seed=one.draw)
            comments = composed(self.composed, 100 * one.draw) + sure_words(COPIES)
            opinions = self._opinions(seed, reviews)[rows]
            primed_table(reviews, rows, opinions, comments).to_parquet(path, index=False)
        return path

    def sure(self, seed: int) -> Path:
        """Of the track of all labels: the model that is as sure of short words as they are."""
        path = self.work / "all" / f"sure-{seed}.parquet"
        if not path.exists():
            reviews = self.reviews()
            rows = drawn(reviews, REAL, seed=self.passes[0].draw)[::5]
            comments = composed(self.composed // 10, seed + 200) + sure_words(COPIES_AT_THE_END)
            table = primed_table(reviews, rows, self._opinions(seed, reviews)[rows], comments)
            table.to_parquet(path, index=False)
        overrides = [
            *(f"training.seed={seed}", f"training.init_from={self.settled(seed)}", *PRIMER),
            "training.learning_rate=0.00025",
        ]
        output = self.work / "all" / f"sure-{seed}"
        return self._trained(output, path, overrides, "distilled.toml")

    def ordered(self, seed: int) -> Path:
        """The same model, its vocabulary in the order of the one that the primer was taught to."""
        output = self.work / "all" / f"ordered-{seed}"
        if not (output / "model").exists():
            model, like = self.sure(seed), self.learner(seed)
            reorder(model / "model", like / "model", output / "model")
        return output

    def _opinions(self, seed: int, reviews: Reviews) -> NDArray[np.float64]:
        """[R] the probability of positive by what the primer is taught to and the model before."""
        models = {self.before_primer(seed), self.learner(seed)}
        log_odds = np.mean([self._scores(model, reviews) for model in sorted(models)], axis=0)
        return 1 / (1 + np.exp(-log_odds))  # type: ignore[no-any-return]

    def learner(self, seed: int) -> Path:
        """The directory of the model that the primer is taught to."""
        if not self.primed_start:
            return self.before_primer(seed)
        output = self.work / "all" / "primed-before"
        if not (output / "model").exists():
            bare(self.primed_start, output / "model")
        return output

    def before_primer(self, seed: int) -> Path:
        """The directory of the model that knows no composed comments."""
        if not self.start:
            return self.averaged(seed)
        output = self.work / "all" / "before-primer"
        if not (output / "model").exists():
            bare(self.start, output / "model")
        return output

    def averaged(self, seed: int) -> Path:
        """The directory of the model between the ensemble of teachers and their student."""
        output = self.work / "all" / f"averaged-{seed}"
        if not (output / "model").exists():
            before, after = self.ensemble("all", 1), self.student(seed)
            average(before / "model", after / "model", SHARE, output / "model")
        return output

    def student(self, seed: int) -> Path:
        """Of the track of all labels: its ensemble of teachers, taught to bear rough comments."""
        start = self.ensemble("all", 1)
        overrides = [f"training.seed={seed}", f"training.init_from={start}"]
        output = self.work / "all" / f"student-{seed}"
        return self._trained(output, self.soft_labels(), overrides, "distilled.toml")

    def soft_labels(self) -> Path:
        """The table that students of all labels learn from: see `distillation.soft_labels`."""
        path = self.work / "all" / "soft-labels.parquet"
        if not path.exists():
            reviews = self.reviews()
            joined = open_model(self.ensemble("all", 1)).metrics["joined"]
            weighing = EnsembleWeights(**joined["weighing"])
            printed = self._scores(self.morphemes("all", 1), reviews)
            log_odds = weighing(printed, self._out_of_fold(reviews))
            soft_label_table(reviews, 1 / (1 + np.exp(-log_odds))).to_parquet(path, index=False)
        return path

    def ensemble(self, track: Track, seed: int) -> Path:
        """The directory of both teachers in one network; ``teachers.json`` tells of them."""
        output = self.work / track / f"ensemble-{seed}"
        if not (output / "teachers.json").exists():
            reviews = self.reviews()
            held = np.flatnonzero(reviews.validates)
            saved = np.load(self.ngrams(track, seed))
            texts = [reviews.texts[row] for row in held.tolist()]
            record = combine(
                self.morphemes(track, seed) / "model",
                saved["weight"],
                float(saved["bias"][0]),
                CONFIG,
                texts,
                reviews.labels[held],
                saved["validation"],
                output / "model",
            )
            write_json(output / "teachers.json", record)
        return output

    def ngrams(self, track: Track, seed: int) -> Path:
        """The file of the linear teacher: its table, its bias and what it says of validation."""
        path = self.work / track / f"ngrams-{seed}.npz"
        if not path.exists():
            from distillation.ngrams import Grams, learnt_twice, log_odds

            path.parent.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            reviews = self.reviews()
            labels = reviews.known(track)
            grams = Grams(reviews.texts)
            rows = np.flatnonzero(~np.isnan(labels) & ~reviews.validates)
            layer = learnt_twice(grams, rows, labels[rows], seed)
            printed = log_odds(layer, grams, np.flatnonzero(reviews.validates))
            seconds = np.array(time.monotonic() - started)
            weight, bias = layer.wide.weight.detach().numpy(), layer.bias.detach().numpy()
            np.savez(path, weight=weight, bias=bias, validation=printed, seconds=seconds)
        return path

    def morphemes(self, track: Track, seed: int) -> Path:
        """The output directory of a network of morphemes that starts from the language model."""
        passes = PASSES[track]
        start = f"training.init_from={self.language_model(passes)}"
        overrides = [start, f"training.seed={seed}", *NGRAMS, _hidden(passes)]
        output = self.work / track / f"morphemes-{seed}"
        if track == "all":
            return self._trained(output, self._labels(), [*overrides, *STARS, *MANY])
        few = ["training.epochs=3", "training.learning_rate=0.002"]
        return self._trained(output, self.data, [*overrides, *few])

    def language_model(self, passes: int) -> Path:
        """The output directory of a language model of all texts, which knows no labels."""
        overrides = [*NGRAMS, "training.epochs=1", _hidden(passes)]
        if passes > 1:
            overrides.append(f"training.init_from={self.language_model(passes - 1)}")
        output = self.work / f"language-model-{passes}"
        return self._trained(output, self._texts(), overrides, "pretraining.toml")

    def _texts(self) -> Path:
        """The table of all texts that may be read."""
        texts = self.work / "texts.parquet"
        if not texts.exists():
            reviews = [read_all(self.data / "ratings_train.txt", None).texts]
            reviews.append(pd.read_parquet(self.further)["document"].tolist())
            table = pd.DataFrame({"document": [text for part in reviews for text in part]})
            texts.parent.mkdir(parents=True, exist_ok=True)
            table.to_parquet(texts, index=False)
        return texts

    def reviews(self) -> Reviews:
        """All reviews that may be learnt from."""
        return read_all(self.data / "ratings_train.txt", self.further)

    def seconds(self, track: Track, seed: int) -> dict[str, float]:
        """What each stage of a track's model of one seed took, in seconds of training."""
        of = 1 if track == "all" else seed
        if self.start:
            name = "primer, further passes" if self.primed_start else "primer"
            return {name: self._primer_took(seed)}
        passes = range(1, PASSES[track] + 1)
        stages = {f"language model, pass {n}": self.work / f"language-model-{n}" for n in passes}
        stages["teacher of morphemes"] = self.work / track / f"morphemes-{of}"
        if track == "all":
            stages["student"] = self.work / track / f"student-{seed}"
        took = {name: self._took(path) for name, path in stages.items()}
        if track == "all":
            took["primer"] = self._primer_took(seed)
        saved = np.load(self.ngrams(track, of))
        took["teacher of n-grams"] = round(float(saved["seconds"]), 1)
        if track == "all":
            folds = read_json(self.work / track / "out-of-fold.json")
            took["teachers of n-grams out of fold"] = folds["seconds"]
        return took

    def _primer_took(self, seed: int) -> float:
        numbers = range(1, len(self.passes) + 1)
        names = [f"sure-{seed}", *(f"primed-{seed}-{n}" for n in numbers)]
        return sum(self._took(self.work / "all" / name) for name in names)

    @staticmethod
    def _took(output: Path) -> float:
        return float(read_json(output / "model" / "metrics.json")["seconds"])

    def _out_of_fold(self, reviews: Reviews) -> NDArray[np.float64]:
        """Log odds [R] of the linear teacher of all labels, which doesn't know a review's own."""
        path = self.work / "all" / "out-of-fold.npy"
        if not path.exists():
            from distillation.ngrams import teach

            started = time.monotonic()
            result = teach(reviews, "all")
            write_json(path.with_suffix(".json"), {"seconds": round(time.monotonic() - started)})
            np.save(path, result)
        return np.load(path)  # type: ignore[no-any-return]

    def _labels(self) -> Path:
        path = self.work / "all" / "labels.parquet"
        if not path.exists():
            reviews = self.reviews()
            path.parent.mkdir(parents=True, exist_ok=True)
            table = reviews.table(label=reviews.labels, rating=reviews.stars)
            table.to_parquet(path, index=False)
        return path

    def _trained(
        self, output: Path, data: Path, overrides: Sequence[str], recipe: str = "default.toml"
    ) -> Path:
        started, ended = (output / "recipe.json").exists(), (output / "model").exists()
        if not (started and ended and not (output / "checkpoints").exists()):
            config = load_config(CONFIGS / recipe, [*overrides, *self.overrides])
            train(
                config,
                data=data,
                output=output,
                device=self.device,
                resume=started,
                listen=partial(_tell, output),
            )
        return output

    def _scores(self, output: Path, reviews: Reviews) -> NDArray[np.float64]:
        """Log odds [R] of positive that a model gives, all cores at work."""
        saved = output / "scores.npy"
        if not saved.exists():
            from nsmc.inference.classifier import load
            from nsmc.pipeline.classify import score_by_each

            (outputs,) = score_by_each(reviews.texts, [load(output)])  # [R, 1]
            # Nothing legible has no score: neither the one nor the other.
            np.save(saved, np.nan_to_num(outputs[:, 0], nan=0.0))
        scores: NDArray[np.float64] = np.load(saved).astype(np.float64)
        if len(scores) != len(reviews.texts):
            raise ValueError(f"{saved} is of other reviews; remove it")
        return scores


def _hidden(passes: int) -> str:
    """The recipe's hidden size after some passes; configs/distilled.toml has that of the last."""
    return f"model.hidden_size={SIZES[passes - 1]}"


def _tell(output: Path, event: Event, state: TrainingState) -> None:
    """A line an epoch, so that a log shows how far it is."""
    if isinstance(event, EpochDone):
        print(output, state.counters.history[-1], file=sys.stderr, flush=True)

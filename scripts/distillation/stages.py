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
from distillation.reviews import Reviews, Track, read_all
from numpy.typing import NDArray

from nsmc.bundle import read_json, write_json
from nsmc.config import load_config
from nsmc.training.api import train
from nsmc.training.loop import EpochDone
from nsmc.training.run import Event
from nsmc.training.state import TrainingState

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
NGRAMS = ("model.subword_buckets=60000", "model.subword_letters=true")
MANY = ("training.batch_size=256", "training.learning_rate=0.002", "training.epochs=2")
STARS = (
    "task=sentiment+stars",
    "sentiment.balance=prior",
    "data.validation_column=validation",
    "training.adversarial_norm=0",
    "model.embedding_dropout=0.3",
)
"""For the track of all labels: stars beside them, of which most are high."""


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

    def student(self, track: Track, seed: int) -> Path:
        """The output directory of a distilled model of one seed."""
        start = self.teacher_of_morphemes(track)
        output = self.work / track / f"seed-{seed}"
        overrides = [f"training.seed={seed}", f"training.init_from={start}"]
        if track == "150k":
            # It stands beside published figures of clean comments; noise makes it a third slower.
            overrides.append("data.noise=0")
        return self._trained(output, self.soft_labels(track), overrides, "distilled.toml")

    def soft_labels(self, track: Track) -> Path:
        """The table of soft labels, and beside it how good the teachers are."""
        path = self.work / track / "student.parquet"
        if path.exists():
            return path
        from distillation.targets import blended

        reviews = self.reviews()
        teachers = {
            "character n-grams": self.teacher_of_ngrams(track),
            "morphemes": self._scores(self.teacher_of_morphemes(track), reviews),
        }
        labels, record = blended(reviews, track, teachers)
        write_json(self.work / track / "teachers.json", record)
        reviews.table(label=labels).to_parquet(path, index=False)
        return path

    def teacher_of_ngrams(self, track: Track) -> NDArray[np.float64]:
        """Log odds [R] of the linear teacher."""
        path = self.work / track / "ngrams.npy"
        if not path.exists():
            from distillation.ngrams import teach

            path.parent.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            found = teach(self.reviews(), track)
            write_json(path.with_suffix(".json"), {"seconds": round(time.monotonic() - started)})
            np.save(path, found)
        return np.load(path)  # type: ignore[no-any-return]

    def teacher_of_morphemes(self, track: Track) -> Path:
        """The output directory of a network of morphemes that starts from the language model."""
        start = f"training.init_from={self.language_model()}"
        output = self.work / track / "morphemes"
        if track == "all":
            return self._trained(output, self._labels(), [start, *NGRAMS, *STARS, *MANY])
        few = ["training.epochs=3", "training.learning_rate=0.002"]
        return self._trained(output, self.data, [start, *NGRAMS, *few])

    def language_model(self) -> Path:
        """The output directory of the language model of all texts, which knows no labels."""
        texts = self.work / "texts.parquet"
        if not texts.exists():
            reviews = [read_all(self.data / "ratings_train.txt", None).texts]
            reviews.append(pd.read_parquet(self.further)["document"].tolist())
            table = pd.DataFrame({"document": [text for part in reviews for text in part]})
            texts.parent.mkdir(parents=True, exist_ok=True)
            table.to_parquet(texts, index=False)
        once = [*NGRAMS, "training.epochs=1"]
        return self._trained(self.work / "language-model", texts, once, "pretraining.toml")

    def reviews(self) -> Reviews:
        """All reviews that may be learnt from."""
        return read_all(self.data / "ratings_train.txt", self.further)

    def seconds(self, track: Track, seeds: Sequence[int]) -> dict[str, float]:
        """What each stage took, in seconds."""
        own = self.work / track
        trained = {
            "language model": self.work / "language-model",
            "teacher of morphemes": own / "morphemes",
            **{f"student, seed {seed}": own / f"seed-{seed}" for seed in seeds},
        }
        took = {
            name: float(read_json(path / "model" / "metrics.json")["seconds"])
            for name, path in trained.items()
        }
        return {**took, "teacher of n-grams": read_json(own / "ngrams.json")["seconds"]}

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
        kept = output / "scores.npy"
        if not kept.exists():
            from nsmc.runtime.classifier import load
            from nsmc.runtime.parallel import score_chunks
            from nsmc.workers import available_cores

            texts = reviews.texts
            chunks = (texts[start : start + 2000] for start in range(0, len(texts), 2000))
            found = [part[:, 0] for part in score_chunks(chunks, load(output), available_cores())]
            # Nothing legible has no score: neither the one nor the other.
            np.save(kept, np.nan_to_num(np.concatenate(found), nan=0.0))
        scores: NDArray[np.float64] = np.load(kept).astype(np.float64)
        if len(scores) != len(reviews.texts):
            raise ValueError(f"{kept} is of other reviews; remove it")
        return scores


def _tell(output: Path, event: Event, state: TrainingState) -> None:
    """A line an epoch, so that a log shows how far it is."""
    if isinstance(event, EpochDone):
        print(output, state.counters.history[-1], file=sys.stderr, flush=True)

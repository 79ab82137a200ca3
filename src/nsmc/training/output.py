"""The output directory of a training: its files, its lock and its checks."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from nsmc.config.schema import Config
from nsmc.errors import NsmcError, UsageError
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write, cannot_write
from nsmc.storage.leftovers import remove_tree
from nsmc.tables.options import ReadOptions
from nsmc.text.tokenizer import differences


class ClaimedError(NsmcError):
    """Another process is training into an output directory."""


class OutputDirectory:
    """The files of a training's output directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = path / "model"  # of the best epoch so far
        self.checkpoints = path / "checkpoints"  # of a training that hasn't ended
        self.last = path / "last"  # of one that has: its last checkpoint, to train more epochs
        self.history = path / "history.jsonl"  # a JSON object per epoch
        self.table = path / "history.csv"  # the same as a table
        self.curves = path / "curves.png"  # the loss and the task's metric
        self.recipe = path / "recipe.json"  # the configuration and the data it was started with

    @contextlib.contextmanager
    def claimed(self, option: str = "--output") -> Iterator[None]:
        """Keep other trainings out of the directory while the block runs.

        ``option`` chooses another directory; the message names it.

        Raises:
            ClaimedError: another process trains into it.
            NsmcError: it can't be written.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise ClaimedError(
                "another training is writing into {path}; wait for it, or give another {option}",
                path=self.path,
                option=option,
            ) from error
        except OSError as error:
            raise cannot_write(self.path, error) from error
        try:
            yield
        finally:
            lock.release()
            # Nothing is left of a training that failed before it began. An error here is another
            # process beginning in the directory, which is then used.
            with contextlib.suppress(OSError):
                if [entry.name for entry in self.path.iterdir()] == [".lock"]:
                    (self.path / ".lock").unlink()
                    self.path.rmdir()

    def is_claimed(self) -> bool:
        """Whether a training is writing into the directory at this moment."""
        from filelock import FileLock, Timeout

        file = self.path / ".lock"
        if not file.exists():
            return False
        try:
            with FileLock(file, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # this user has no right to lock there, so there is no telling
            return False

    def check_usable(self, resume: bool) -> None:
        """Refuse to train where something has been trained, or to resume what has ended.

        Raises:
            NsmcError: the directory holds a model or checkpoints; with ``resume``, a model and no
                checkpoint.
        """
        if resume and self.has_ended():
            raise NsmcError(
                "the training in {path} has ended; there is nothing to resume. To go on, give more "
                "epochs with --epochs N, or start another with another --output"
                if self.last.is_dir()
                else "the training in {path} has ended; there is nothing to resume. To go on, "
                "start another with another --output",
                path=self.path,
            )
        if not resume and (self.model.exists() or self.checkpoints.exists()):
            raise NsmcError(
                "{path} holds a training already; give another --output, or continue that one "
                "with --resume",
                path=self.path,
            )

    def has_ended(self) -> bool:
        """Whether the training in the directory came to its end."""
        return self.model.exists() and not self.checkpoints.exists()

    def finish(self, *, extendable: bool = True) -> None:
        """Rename or remove the checkpoints: what is left is a training that has ended."""
        # Left by a process that was killed in this very function; nothing is renamed onto it.
        remove_tree(self.last)
        if self.checkpoints.exists():
            # First of all: should the process be killed here, half of them wouldn't look like all.
            self.checkpoints.rename(self.last)
        outdated = sorted(self.last.glob("step-*"))[:-1] if extendable else [self.last]
        for path in outdated:
            remove_tree(path)

    def check_extendable(self, epochs: int) -> None:
        """Refuse to go on to so many epochs, whether the training has ended or not.

        Raises:
            UsageError: it has as many already.
            NsmcError: it has ended and its last checkpoint isn't there.
        """
        done = self._epochs_done()
        if epochs <= done:
            raise UsageError(
                "the training in {path} has {done:,} epochs; expected more of them to go on, "
                "found --epochs {epochs}",
                path=self.path,
                done=done,
                epochs=epochs,
            )
        if self.has_ended() and not self.last.is_dir():
            raise NsmcError(
                "the training in {path} has ended and holds no {name} to go on from; start "
                "another that starts from its model: --from",
                path=self.path,
                name=self.last.name,
            )

    def extend(self, epochs: int) -> None:
        """Record that a training goes on to more epochs, which `check_extendable` allows.

        Raises:
            NsmcError: it can't be written.
        """
        recipe, ended = read_json(self.recipe), self.has_ended()
        recipe["config"]["training"]["epochs"] = epochs
        if ended:
            recipe["extended_at"] = self._epochs_done()
        with atomic_write(self.recipe) as temporary:
            write_json(temporary, recipe)
        if ended:
            self.last.rename(self.checkpoints)

    def _epochs_done(self) -> int:
        return len(self.history.read_text("utf-8").splitlines()) if self.history.is_file() else 0

    def record_stop(self, why: Literal["pruned", "failed"]) -> None:
        """Record why a training of a sweep isn't to go on.

        Raises:
            NsmcError: it can't be written.
        """
        with atomic_write(self.recipe) as temporary:
            write_json(temporary, {**read_json(self.recipe), "stopped": why})

    def stopped(self) -> Literal["pruned", "failed"] | None:
        """Why it isn't to go on; None where nothing is recorded, or no training begun."""
        recipe: dict[str, Any] = read_json(self.recipe) if self.recipe.is_file() else {}
        return recipe.get("stopped")

    def extended_at(self) -> int:
        """The epochs after which an ended training was told to go on; 0 if it wasn't."""
        return int(read_json(self.recipe).get("extended_at", 0)) if self.recipe.is_file() else 0

    def start(
        self,
        config: Config,
        data: Path,
        reviews: str,
        reading: ReadOptions | None = None,
        tokenizer: Mapping[str, str] | None = None,
    ) -> None:
        """Record what is about to be trained; ``reviews`` is the SHA-256 of the file in ``data``,
        ``tokenizer`` the identity of what cut them.

        Raises:
            NsmcError: the directory can't be written.
        """
        recipe = {
            "config": config.to_dict(),
            "data": str(data.resolve()),
            "reading": dataclasses.asdict(reading or ReadOptions()),
            "sha256": reviews,
            "tokenizer": dict(tokenizer or {}),
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        with atomic_write(self.recipe) as temporary:
            write_json(temporary, recipe)

    def started_with(self) -> tuple[Config, Path, ReadOptions]:
        """The configuration and the data that the training was started with, and how it is read.

        Raises:
            NsmcError: there is no training in the directory.
        """
        if not self.recipe.is_file():
            raise NsmcError(
                "expected a training to resume in {path}, found none; start one with `nsmc "
                "train --output` and that directory",
                path=self.path,
            )
        try:
            recipe: dict[str, Any] = read_json(self.recipe)
            reading = ReadOptions(**recipe.get("reading", {}))
            return Config.from_dict(recipe["config"]), Path(recipe["data"]), reading
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NsmcError(
                "{recipe} is damaged ({error}); start a new training",
                recipe=self.recipe,
                error=error,
            ) from error

    def check_reviews(
        self, data: Path, reviews: str, tokenizer: Mapping[str, str] | None = None
    ) -> None:
        """Refuse to resume on other reviews or units: rows and vocabulary would mean others.

        Without a ``tokenizer`` the units aren't compared.

        Raises:
            NsmcError: the training was started on others.
        """
        recipe = read_json(self.recipe)
        started: str = recipe["sha256"]
        cut_by = recipe.get("tokenizer")  # one of an earlier version recorded none
        if cut_by and tokenizer and (changed := differences(cut_by, tokenizer)):
            raise NsmcError(
                "the training in {path} was started with units cut by other versions ({changed}). "
                "Install those that it was started with, or start another with another --output",
                path=self.path,
                changed="; ".join(changed),
            )
        if reviews != started:
            raise NsmcError(
                "the training in {path} was started with other reviews than those in {data} "
                "(expected SHA-256 {expected}…, found {found}…). Give the directory that holds "
                "them with --data, or start another with another --output",
                path=self.path,
                data=data,
                expected=started[:12],
                found=reviews[:12],
            )


def new_output(parent: Path) -> Path:
    """A directory name under ``parent`` made of the date and time, not yet taken."""
    name = datetime.now().strftime("%Y%m%d-%H%M%S")
    candidates = [parent / name, *(parent / f"{name}-{i}" for i in range(2, 1000))]
    return next(path for path in candidates if not path.exists())


def newest_output(parent: Path) -> Path:
    """The training under ``parent`` that was written to last.

    Raises:
        NsmcError: there is none.
    """
    outputs = [path.parent for path in parent.glob("*/recipe.json")]
    if not outputs:
        raise NsmcError(
            "found no training to resume in {parent}; name it with --output", parent=parent
        )
    return max(outputs, key=lambda path: path.stat().st_mtime)

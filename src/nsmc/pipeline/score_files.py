"""Files of a directory scored into files of the same names, on all cores or by an engine."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nsmc.errors import DataError, NsmcError
from nsmc.inference.classifier import Classifier
from nsmc.messages.translate import tr
from nsmc.pipeline.output_manifest import DoneFile, OutputManifest, SourceFile, content_of
from nsmc.pipeline.output_records import SUCCESS
from nsmc.pipeline.score_table import Progress, score_table
from nsmc.pipeline.scorer import Scorer
from nsmc.pipeline.source_files import Job, find_jobs
from nsmc.pipeline.staging import Place, staged
from nsmc.progress import reporting, table_progress
from nsmc.storage.objects import path_or_object
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.workers import available_cores, map_chunks

SMALL = 1 << 20
"""Bytes of files that one process scores as fast as several."""
SHOWN = 3
"""Files that a message names at most."""


@dataclass(frozen=True)
class FailedFile:
    """A file that can't be scored."""

    name: str
    reason: str


@dataclass(frozen=True)
class ScoreFile:
    """Scores a file as `score_table` does; pickle can send it to another process."""

    classifier: Classifier[Any]
    column: str | None = None
    reading: ReadOptions | None = None
    writing: WriteOptions | None = None
    probabilities: bool = False
    notes: bool = False
    workers: int | None = 1

    def __call__(self, job: Job) -> DoneFile | FailedFile:
        """Score a file; what is wrong with it is a result too, so that the others go on."""
        try:
            if isinstance(job.target, Path):
                job.target.parent.mkdir(parents=True, exist_ok=True)
            with staged(job.source, job.target, self.reading) as place:
                source = SourceFile(**content_of(place.source), mtime_ns=place.mtime_ns)
                result = score_table(
                    self.classifier,
                    place.source,
                    place.target,
                    column=self.column,
                    reading=place.reading,
                    writing=self.writing,
                    probabilities=self.probabilities,
                    notes=self.notes,
                    workers=self.workers,
                    resume=True,
                    verbose=False,
                )
                output = content_of(place.target)
        except (NsmcError, OSError) as error:
            return FailedFile(job.name, str(error))
        return DoneFile(
            name=job.name,
            source=source,
            output=output,
            rows=result.rows,
            empty=result.empty,
            bad=result.bad,
            unfamiliar=result.unfamiliar,
            truncated=result.truncated,
            labels=result.labels,
            renamed=result.renamed,
            notes=list(map(place.words, result.notes)),
        )

    def identity(self) -> dict[str, Any]:
        """What the outputs depend on beside the files."""
        scorer = Scorer(self.classifier, probabilities=self.probabilities, notes=self.notes)
        return scorer.identity() | {
            "column": self.column,
            "reading": asdict(self.reading or ReadOptions()),
            "writing": asdict(self.writing or WriteOptions()),
        }


Engine = Callable[[Sequence[Job], ScoreFile], Iterator[DoneFile | FailedFile]]
"""Scores files somewhere; gives a result for each, in any order."""


@dataclass(frozen=True)
class ScoredFiles:
    """The files of a directory, scored."""

    files: int
    done_before: int
    """Files among them that an earlier run had scored."""
    rows: int
    empty: int
    renamed: list[str]
    notes: list[str]
    bad: int
    unfamiliar: int
    truncated: int
    labels: dict[str, int]
    """Rows that got each label, the most frequent first; none of a task that gives no labels."""


def score_files(
    classifier: Classifier[Any],
    source: Place | str,
    target: Place | str,
    *,
    column: str | None = None,
    reading: ReadOptions | None = None,
    writing: WriteOptions | None = None,
    probabilities: bool = False,
    notes: bool = False,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    verbose: bool = True,
) -> ScoredFiles:
    """Score every table of a directory into a file of the same name and format in another.

    A process a core scores files; fewer files than cores are scored one after another by all.
    A call that was cut short, even killed, goes on: what is done is taken from ``_progress.jsonl``
    in the target and not done again, and a table of many rows goes on inside. New and changed files
    are scored, too. At the end ``_SUCCESS`` has the rows, the labels and the SHA-256 of each file.

    Args:
        source: a directory, with those below it, or a pattern such as ``in/**/*.csv``. Files and
            directories whose names begin with ``_`` or ``.`` are left out. Also the URI of an
            object store, such as ``s3://shop/in``.
        target: a directory: an empty one, a new one, or one that such a call has written; a URI
            too. An object store has no locks: nothing keeps two calls from writing there.
        workers: processes; None takes a process a core.
        engine: where the files are scored instead, such as `nsmc.ray.map_files`.
        classifier, column, reading, writing, probabilities, notes, verbose: as `score_table` takes
            them.
        progress: hears of each file that is done: bytes done, bytes in all, rows.

    Raises:
        UsageError: the target holds something else, or what was scored in another way.
        DataError: there is no table, or some can't be scored: the others are.
        NsmcError: the target can't be written.
    """
    source, target = path_or_object(source), path_or_object(target)
    score = ScoreFile(classifier, column, reading, writing, probabilities, notes)
    jobs, ignored = find_jobs(source, target, reading.format if reading else None)
    manifest = OutputManifest(target, score.identity())
    todo = [job for job in jobs if not manifest.has(job.name, job.source, job.bytes, job.mtime_ns)]
    names = [job.name for job in jobs]
    failed: list[FailedFile] = []
    if todo or not manifest.succeeded or manifest.done.keys() != set(names):
        sizes = {job.name: job.bytes for job in jobs}
        # The longest first, so that no core is left alone with it.
        todo.sort(key=lambda job: (-sizes[job.name], job.name))
        done_bytes, rows = sum(sizes.values()) - sum(sizes[job.name] for job in todo), 0
        if workers is None and sum(sizes[job.name] for job in todo) < SMALL:
            workers = 1
        run = engine or partial(_run_here, workers=workers)
        with manifest, reporting(progress, verbose, partial(table_progress, source.name)) as report:
            for result in run(todo, score):
                if isinstance(result, FailedFile):
                    failed.append(result)
                    continue
                manifest.add(result)
                done_bytes, rows = done_bytes + sizes[result["name"]], rows + result["rows"]
                if report:
                    report(done_bytes, sum(sizes.values()), rows)
            if failed:
                raise _failure(failed, len(jobs), target)
            manifest.finish(names)
    scored = _summary([manifest.done[name] for name in names], len(jobs) - len(todo), ignored)
    if old := sorted(manifest.done.keys() - set(names)):
        scored.notes.append(
            tr(
                "files in {target} that no file of {source} has made: {names}",
                target=target,
                source=source,
                names=_some(old),
            )
        )
    return scored


def _run_here(
    jobs: Sequence[Job], score: ScoreFile, *, workers: int | None
) -> Iterator[DoneFile | FailedFile]:
    _ = score.classifier.tokenizer  # here, so that its warning comes once and before all else
    processes = workers or available_cores()
    if len(jobs) < processes:
        yield from map(replace(score, workers=workers), jobs)
        return
    make = partial(pickle.loads, pickle.dumps(score)) if processes > 1 else lambda: score
    yield from map_chunks(jobs, make, processes, ordered=False)


def _failure(failed: Sequence[FailedFile], files: int, target: Place) -> DataError:
    first = "; ".join(one.reason for one in failed[:SHOWN])
    more = tr("; and {count:,} more", count=len(failed) - SHOWN) if len(failed) > SHOWN else ""
    return DataError(
        "{count:,} of {files:,} files can't be scored: {first}{more}. The others are "
        "in {target}; mend these or take them away, and the same command goes on",
        count=len(failed),
        files=files,
        first=first,
        more=more,
        target=target,
    )


def _summary(done: Sequence[DoneFile], done_before: int, ignored: Sequence[str]) -> ScoredFiles:
    labels: Counter[str] = Counter()
    for entry in done:
        labels.update(entry["labels"])
    notes = [note for entry in done for note in entry["notes"]]
    if len(notes) > SHOWN:
        notes[SHOWN:] = [
            tr("{count:,} more such notes are in {file}", count=len(notes) - SHOWN, file=SUCCESS)
        ]
    if ignored:
        notes.append(tr("files that are no tables were left out: {names}", names=_some(ignored)))
    return ScoredFiles(
        files=len(done),
        done_before=done_before,
        rows=sum(entry["rows"] for entry in done),
        empty=sum(entry["empty"] for entry in done),
        renamed=list(dict.fromkeys(name for entry in done for name in entry["renamed"])),
        notes=notes,
        bad=sum(entry["bad"] for entry in done),
        unfamiliar=sum(entry["unfamiliar"] for entry in done),
        truncated=sum(entry["truncated"] for entry in done),
        labels=dict(labels.most_common()),
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")

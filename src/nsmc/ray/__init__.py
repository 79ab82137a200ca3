"""Scoring by Ray: a dataset of Ray Data, or the files of a directory, on the nodes of a cluster.

    >>> import ray
    >>> import nsmc.ray
    >>> scored = nsmc.ray.score(ray.data.read_parquet("reviews"))  # doctest: +SKIP
    >>> scored.write_parquet("scored")  # doctest: +SKIP

Each worker is an actor that opens the model once. Ray starts a worker that died again, and what it
was working on is done once more: no row is lost or there twice.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nsmc.errors import NsmcError, UsageError
from nsmc.inference.classifier import Classifier, load
from nsmc.pipeline.output_manifest import DoneFile
from nsmc.pipeline.score_batches import score_batches
from nsmc.pipeline.score_files import FailedFile, ScoreFile
from nsmc.pipeline.source_files import Job
from nsmc.ray.cluster import connect, room

ROWS = 4096
"""Rows that an actor gets at a time."""
CORE_SHARE = 0.5
"""Of a core that an actor takes in Ray's accounts: the tasks that read and write need some, too."""
RETRIES = 3
"""How often a file is begun again whose worker died."""


def score(
    dataset: Any,
    *,
    column: str | None = None,
    model: Classifier[Any] | Path | str | None = None,
    probabilities: bool = False,
    notes: bool = False,
    concurrency: int | tuple[int, int] | None = None,
    num_gpus: float = 0,
) -> Any:
    """Score a dataset: the columns that `nsmc.score_batches` adds, after its own.

    Like all of Ray Data it is lazy and streams: rows are scored as they are needed.

    Args:
        dataset: a ``ray.data.Dataset``.
        column, probabilities, notes: as `nsmc.score_batches` takes them.
        model: as `nsmc.score_batches` takes it; a directory must be there on every node.
        concurrency: actors, or the fewest and the most of them; None takes as many as the cluster
            has cores, or room on its GPUs.
        num_gpus: what each actor takes of a GPU, by which the network is then computed.

    Returns:
        A ``ray.data.Dataset``. What is wrong with the table or the model is raised when it is read,
        as a ``RayError``.

    Raises:
        UsageError: the actors would leave no core to read and write with.
    """
    from ray.data import ActorPoolStrategy

    if concurrency is None:
        concurrency = (1, room(num_gpus))
    fewest, most = (concurrency,) * 2 if isinstance(concurrency, int) else concurrency
    cores = room()
    # With a core for each actor none might be left for the tasks that read, and all would wait.
    share = CORE_SHARE if cores > 1 else 0
    if fewest * share > cores - 1:
        raise UsageError(
            "expected at most {most:.0f} actors on the {cores} cores of this cluster, so "
            "that some can read, found concurrency={concurrency}; give fewer",
            most=(cores - 1) / share,
            cores=cores,
            concurrency=concurrency,
        )
    return dataset.map_batches(
        _ScoreBatches,
        fn_constructor_kwargs={
            "model": model,
            "on_gpu": num_gpus > 0,
            "options": {"column": column, "probabilities": probabilities, "notes": notes},
        },
        batch_format="pyarrow",
        batch_size=ROWS,
        compute=ActorPoolStrategy(min_size=fewest, max_size=most),
        num_cpus=share,
        num_gpus=num_gpus or None,
    )


class _ScoreBatches:
    """The actor of a dataset."""

    def __init__(self, model: Any, on_gpu: bool, options: dict[str, Any]) -> None:
        classifier = model if isinstance(model, Classifier) else load(model)
        if on_gpu:
            from nsmc.model.on_device import TorchNetwork

            network = TorchNetwork(classifier.model, "cuda")
            classifier = Classifier(classifier.model, network=network, **classifier.options)
        self._classifier, self._options = classifier, options

    def __call__(self, batch: Any) -> Any:
        """Score a ``pyarrow.Table``."""
        scored = score_batches(batch, model=self._classifier, workers=1, **self._options)
        return scored.read_all()


class _ScoreFiles:
    """The actor of a directory."""

    def __init__(self, score: ScoreFile) -> None:
        self._score = score

    def score(self, job: Job) -> DoneFile | FailedFile:
        """Score a file."""
        return self._score(job)


def map_files(jobs: Sequence[Job], score: ScoreFile) -> Iterator[DoneFile | FailedFile]:
    """Score files on a cluster: an ``engine`` of `nsmc.score_files`.

    The cluster is the one that this process is connected to, else that of ``RAY_ADDRESS``, else
    this machine. Input, output and model must have the same paths on every node.

    Raises:
        NsmcError: there is no cluster, or a file's worker died again and again.
    """
    import ray
    from ray.exceptions import RayError
    from ray.util import ActorPool

    connect()
    actor_class: Any = ray.remote(max_restarts=-1, max_task_retries=RETRIES)(_ScoreFiles)
    actors = [actor_class.remote(score) for _ in range(min(len(jobs), room()))]
    pool = ActorPool(actors)
    try:
        yield from pool.map_unordered(lambda actor, job: actor.score.remote(job), jobs)
    except RayError as error:
        raise NsmcError(
            "a worker of Ray ended {tries} times before its file was done: {error}; if "
            "memory ran out, give it more, and run this again",
            tries=RETRIES + 1,
            error=str(error).splitlines()[0],
        ) from error
    finally:
        for actor in actors:
            ray.kill(actor)

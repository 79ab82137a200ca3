"""Writers of a training's metrics for the programs that people watch trainings with.

Each is behind one small interface, `MetricsLogger`; what it needs is imported when it is asked for.
"""

import contextlib
import importlib
import logging
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nsmc.config.schema import Config, flat
from nsmc.data.paths import others_wait
from nsmc.errors import UsageError
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.tasks.task import Task
    from nsmc.training.run import Event
    from nsmc.training.state import TrainingState

LoggerName = Literal["tensorboard", "mlflow"]
NAMES: tuple[LoggerName, ...] = ("tensorboard", "mlflow")
STEPS = 50
"""Steps between the metrics of the running epoch."""
PARAMETERS = 100
"""That MLflow takes at a time."""


class MetricsLogger(Protocol):
    """Takes the metrics of one training."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Take metrics by name, after so many steps.

        ``train/…`` and ``validation/…`` are those of an epoch, ``step/…`` the means of the last
        steps. A training that goes on may repeat those of its last checkpoint.
        """

    def close(self) -> None:
        """Take the end of the training, whether it is done or was interrupted."""


def check_loggers(log_to: Sequence[LoggerName | MetricsLogger]) -> None:
    """Refuse what can't be written, before minutes of work.

    Raises:
        UsageError: an unknown name.
        ModuleNotFoundError: a program isn't there.
    """
    for one in log_to:
        if not isinstance(one, str):
            continue
        if one not in NAMES:
            raise UsageError(
                "expected {names} or an object with log and close, found {one!r}",
                names=" or ".join(NAMES),
                one=one,
            )
        if one == "mlflow":
            importlib.import_module("sqlalchemy")  # which mlflow-skinny comes without
            _import_mlflow()
        else:
            importlib.import_module("tensorboard")


class LoggedTraining:
    """Gives loggers the metrics of a training; those that are named are opened at its start."""

    def __init__(
        self,
        log_to: Sequence[LoggerName | MetricsLogger],
        place: OutputDirectory,
        config: Config,
    ) -> None:
        self._log_to, self._place, self._config = log_to, place, config
        self._loggers: list[MetricsLogger] = []
        self._task: Task | None = None
        self._before = [0.0] * 4

    def hear(self, event: "Event", state: "TrainingState") -> None:
        """Log what an event brought."""
        from nsmc.training.loop import EpochDone
        from nsmc.training.run import Started

        counters = state.counters
        if isinstance(event, Started):
            self._task = event.task
            if counters.step // STEPS * STEPS > counters.step - counters.batch:
                self._before = state.totals.tolist()  # this epoch's steps up to here were logged
            # The checkpoint is written before the epoch is logged; a kill may have come between.
            again = counters.history and counters.history[-1]["step"] == counters.step
            goes_on = counters.step if again else counters.step + 1
            self._loggers = [self._opened(one, goes_on) for one in self._log_to]
            if again:
                self._log_epoch(counters.history[-1])
        elif isinstance(event, EpochDone):
            self._log_epoch(counters.history[-1])
            self._before = [0.0] * 4
        elif counters.step % STEPS == 0 and self._task is not None:
            now = state.totals.tolist()
            loss, examples, metric, with_metric = (
                new - old for new, old in zip(now, self._before, strict=True)
            )
            value = self._task.metric_value(metric, with_metric)
            named = {"step/loss": loss / examples, f"step/{self._task.metric.name}": value}
            self._log(counters.step, named)
            self._before = now

    def close(self) -> None:
        """Close all."""
        for one in self._loggers:
            one.close()

    def _opened(self, one: LoggerName | MetricsLogger, goes_on: int) -> MetricsLogger:
        if not isinstance(one, str):
            return one
        if one == "mlflow":
            return MLflow(self._place, self._config)
        return TensorBoard(self._place.path / "tensorboard", self._config, goes_on)

    def _log_epoch(self, record: Mapping[str, Any]) -> None:
        named = {
            name.replace("_", "/", 1): value
            for name, value in record.items()
            if name.startswith(("train_", "validation_"))
        }
        self._log(record["step"], {**named, "learning_rate": record["learning_rate"]})

    def _log(self, step: int, metrics: Mapping[str, float]) -> None:
        for one in self._loggers:
            one.log(step, metrics)


class TensorBoard:
    """Writes event files into a directory; of a training that goes on, one more.

    Args:
        directory: of one training.
        config: shown as text.
        goes_on: the step from which on TensorBoard is to forget what earlier files say.
    """

    def __init__(self, directory: Path, config: Config, goes_on: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        begun = directory.is_dir()
        writer: Any = SummaryWriter(str(directory), purge_step=goes_on if begun else None)
        self._writer = writer
        if not begun:
            lines = [f"    {name} = {value!r}" for name, value in flat(config.to_dict()).items()]
            writer.add_text("config", "\n".join(lines))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write scalars at once: what a killed training has logged is there."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class MLflow:
    """Writes a run to where MLflow keeps them: ``MLFLOW_TRACKING_URI``, else ./mlflow.db.

    A training that goes on writes into the run that it began, which ``mlflow.json`` in its output
    directory names.

    Args:
        output: of the training; its path is the name of the run.
        config: its fields are the parameters of the run.
    """

    def __init__(self, output: OutputDirectory, config: Config) -> None:
        mlflow = _import_mlflow()
        self._output, self._file = output, output.path / "mlflow.json"
        begun: dict[str, str] = read_json(self._file) if self._file.is_file() else {}
        uri = begun.get("tracking_uri") or mlflow.get_tracking_uri()
        with _quiet(), others_wait("mlflow"):  # two would make its tables at a time
            self._client = mlflow.tracking.MlflowClient(tracking_uri=uri)
            self._run = begun.get("run_id") or self._begin(uri, config)
        self._client.update_run(self._run, status="RUNNING")
        self._known = {
            (metric.key, metric.step)
            for name in (self._client.get_run(self._run).data.metrics if begun else ())
            for metric in self._client.get_metric_history(self._run, name)
        }

    def _begin(self, uri: str, config: Config) -> str:
        from mlflow.entities import Param

        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "nsmc")
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        run: str = self._client.create_run(number, run_name=str(self._output.path)).info.run_id
        fields = [Param(name, str(value)) for name, value in flat(config.to_dict()).items()]
        for start in range(0, len(fields), PARAMETERS):
            self._client.log_batch(run, params=fields[start : start + PARAMETERS])
        with atomic_write(self._file) as temporary:
            write_json(temporary, {"run_id": run, "tracking_uri": uri})
        return run

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write metrics, but for those that the run has of this step."""
        from mlflow.entities import Metric

        now = round(1000 * time.time())
        new = [name for name in metrics if (name, step) not in self._known]
        written = [Metric(name, float(metrics[name]), now, step) for name in new]
        self._client.log_batch(self._run, metrics=written)

    def close(self) -> None:
        """End the run: finished, or killed if the training can go on."""
        status = "FINISHED" if self._output.has_ended() else "KILLED"
        self._client.set_terminated(self._run, status=status)


def _import_mlflow() -> Any:
    # It would tell its makers what is used of it.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with _quiet():
        import mlflow.tracking
    return mlflow


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No word of the tables that MLflow makes, nor of what it does that SQLAlchemy wouldn't."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        yield

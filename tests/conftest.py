"""What many tests need: the sample data, a cache of their own and a small trained model."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

# Before numpy and torch ask for it: pytest has a process for every core already.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pytest
from filelock import FileLock

from nsmc.config.schema import Config, load_config
from nsmc.data.corpus import Corpus

# The same examples on every machine, with nothing kept between runs.
hypothesis.settings.register_profile(
    "nsmc", derandomize=True, deadline=None, max_examples=50, database=None
)
hypothesis.settings.load_profile("nsmc")

# A shell's background jobs ignore Ctrl-C, and so would the processes to which tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["NSMC_LANG"] = "en"
"""Whatever the machine's locale; tests of Korean messages say so."""
SAMPLE = Path(__file__).parent.parent / "data" / "sample"
SMALL = (
    "model.embedding_size=16",
    "model.hidden_size=16",
    "model.subword_buckets=500",
    "data.validation=0.1",
    "training.learning_rate=0.02",
    "training.batch_size=32",
    "training.epochs=6",
    "training.adversarial_norm=0",
)
"""Overrides that make a network which trains in seconds and still learns the sample's words."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests, and trace none of these for coverage."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    for item in slow:
        item.add_marker("no_cover")  # tracing costs half as much again, most of it in libraries
    in_file = Counter(item.path for item in slow)
    items.sort(key=lambda item: -in_file[item.path])


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this run of pytest, the same in all worker processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    path = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    path.mkdir(exist_ok=True)
    return path


class BuildOnce(Protocol):
    """Builds a directory in one of the worker processes, for all of them to read."""

    def __call__(self, name: str, build: Callable[[Path], object]) -> Path:
        """Args: the directory's name, and what fills it."""
        ...


@pytest.fixture(scope="session")
def build_once(shared_directory: Path) -> BuildOnce:
    """Directories that take seconds to make; read them, don't write into them."""

    def call(name: str, build: Callable[[Path], object]) -> Path:
        path = shared_directory / name
        with FileLock(shared_directory / f"{name}.lock"):
            if not path.exists():
                building = path.with_name(f"{name}.building")
                build(building)
                building.rename(path)
        return path

    return call


@pytest.fixture(scope="session", autouse=True)
def _own_cache(shared_directory: Path) -> None:
    """Keep the tests out of the user's cache and data directories, their processes too."""
    base = shared_directory / "user"
    os.environ["NSMC_CACHE"] = str(base / "cache")
    os.environ["NSMC_DATA"] = str(base / "data")


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> None:
    """Files needn't survive a power failure: thousands of them would wait some 20 ms each."""
    os.fsync = lambda fd: None


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A directory this user may not look into."""
    with tempfile.TemporaryDirectory() as place:
        closed = Path(place) / "closed"
        (closed / "inner").mkdir(parents=True)
        Path(place).chmod(0o755)
        closed.chmod(0)
        with as_nobody():
            yield closed
        closed.chmod(0o700)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the administrator's rights, whoever runs the tests."""
    if not hasattr(os, "seteuid"):
        pytest.skip("no such rights on this system")
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


@pytest.fixture(scope="session")
def sample() -> Path:
    """The directory of the reviews written for this project."""
    return SAMPLE


@pytest.fixture(scope="session")
def small_config() -> Config:
    """A recipe that trains in seconds."""
    return load_config(None, SMALL)


@pytest.fixture(scope="session")
def small_model(build_once: BuildOnce, small_config: Config) -> Path:
    """The output directory of a training on the sample data; read it, don't write into it."""

    def build(output: Path) -> None:
        from nsmc.training.api import train

        train(small_config, data=SAMPLE, output=output, device="cpu")

    return build_once("small", build)


@pytest.fixture(scope="session")
def hihello(build_once: BuildOnce) -> Path:
    """The output directory of the smallest language model; read it, don't write into it."""

    def build(output: Path) -> None:
        from nsmc.training.api import train

        root = SAMPLE.parent.parent
        recipe = load_config(root / "configs" / "hihello.toml")
        train(recipe, data=root / "data" / "hihello.txt", output=output, device="cpu")

    return build_once("hihello", build)


class Untrained(Protocol):
    """Makes a model directory in no time: of a small network that has learnt nothing."""

    def __call__(
        self,
        *overrides: str,
        classes: Sequence[str] = (),
        vocabulary: Sequence[str] = ("<unk>", "재밌", "다"),
        learned: bytes | None = None,
    ) -> Path:
        """Args: fields of the recipe, the names of the task's classes, morphemes by row; what the
        tokenizer has learnt."""
        ...


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Untrained:
    """Model directories of any recipe; read them, don't write into them."""
    import torch

    from nsmc.inference.directory import write_model
    from nsmc.model.network import RecurrentNetwork
    from nsmc.tasks.registry import make_task
    from nsmc.text.tokenizer import make_tokenizer
    from nsmc.training.save import stored_weights

    place = tmp_path_factory.mktemp("untrained")
    made: dict[object, Path] = {}
    small = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50")

    def make(
        *overrides: str,
        classes: Sequence[str] = (),
        vocabulary: Sequence[str] = ("<unk>", "재밌", "다"),
        learned: bytes | None = None,
    ) -> Path:
        key = (overrides, tuple(classes), tuple(vocabulary), learned)
        if key in made:
            return made[key]
        config = load_config(None, [*small, *overrides])
        task = make_task(config, {"classes": list(classes)} if classes else {})
        torch.manual_seed(3)
        network = RecurrentNetwork(len(vocabulary), config.model, task)
        for parameter in network.parameters():
            torch.nn.init.uniform_(parameter, -0.5, 0.5)
        path = place / str(len(made))
        write_model(
            path,
            config=config,
            task_state=task.state(),
            identity=make_tokenizer(config.text, learned).identity(),
            threshold=0.5,
            vocabulary=list(vocabulary),
            weights=stored_weights(network),
            metrics={},
            learned=learned,
        )
        made[key] = path
        return path

    return make


CorpusOf = Callable[[Sequence[Sequence[str]]], Corpus]


@pytest.fixture(scope="session")
def corpus_of() -> CorpusOf:
    """Make a corpus, without labels, of reviews that are given as their units."""

    def make(reviews: Sequence[Sequence[str]]) -> Corpus:
        units = list(dict.fromkeys(unit for review in reviews for unit in review))
        return Corpus(
            tokens=np.array([units.index(u) for r in reviews for u in r], dtype=np.int32),
            offsets=np.cumsum([0, *map(len, reviews)]).astype(np.int64),
            labels={},
            morphemes=units,
            identity={},
            source={},
        )

    return make


Labelled = Callable[[Sequence[tuple[str, int]]], Path]


@pytest.fixture
def labelled(tmp_path: Path) -> Labelled:
    """Write comments with their labels as a table of JSON lines, which holds any text."""

    def make(rows: Sequence[tuple[str, int]]) -> Path:
        import json

        path = tmp_path / "labelled.jsonl"
        lines = [json.dumps({"document": text, "label": label}) for text, label in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount file systems of so many KiB, where the system permits that."""
    mounted: list[Path] = []

    def make(kilobytes: int) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs"]
        try:
            subprocess.run(["mount", *options, str(place)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a small file system isn't permitted here")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)

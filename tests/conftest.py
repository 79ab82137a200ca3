"""What many tests need: the sample data, a cache of their own and a small trained model."""

from pathlib import Path

import pytest

from nsmc.config import Config, load_config

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
SMALL = (
    "model.embedding_size=16",
    "model.hidden_size=16",
    "model.subword_buckets=500",
    "data.validation=0.1",
    "training.learning_rate=0.01",
    "training.batch_size=32",
    "training.epochs=12",
)
"""Overrides that make a network which trains in seconds and still learns the sample's words."""


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's cache and data directories, their processes too."""
    import os

    base = tmp_path_factory.mktemp("user")
    os.environ["NSMC_CACHE"] = str(base / "cache")
    os.environ["NSMC_DATA"] = str(base / "data")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The directory of the reviews written for this project."""
    return SAMPLE


@pytest.fixture(scope="session")
def small_config() -> Config:
    """A recipe that trains in seconds."""
    return load_config(None, SMALL)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory, small_config: Config) -> Path:
    """The output directory of a training on the sample data; read it, don't write into it."""
    from nsmc.training.api import train

    output = tmp_path_factory.mktemp("small") / "run"
    train(small_config, data=SAMPLE, output=output, device="cpu")
    return output

"""What several lessons need: paths of this checkout, and a model trained in a temporary place."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nsmc

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
SMALL = ("model.embedding_size=32", "model.hidden_size=32", "training.adversarial_norm=0")
"""Overrides that make a training a matter of seconds."""


def sample_comments(part: str) -> list[tuple[str, bool]]:
    """The comments of the sample's ``train`` or ``test`` file, and whether each is positive."""
    lines = (SAMPLE / f"ratings_{part}.txt").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [(text, label == "1") for _, text, label in rows]


@contextmanager
def trained(config: str, data: Path | Sequence[str], *overrides: str) -> Iterator[Path]:
    """Train with a recipe of configs/ and give the model's directory, which goes away afterwards.

    Args:
        config: the name of the recipe, without ``.toml``.
        data: a table or directory, or the lines of a table to be written.
        overrides: settings that differ from the recipe.
    """
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        if not isinstance(data, Path):
            table = place / ("table.csv" if "," in data[0] else "texts.txt")
            table.write_text("\n".join(data) + "\n", encoding="utf-8")
            data = table
        recipe = nsmc.load_config(ROOT / "configs" / f"{config}.toml", overrides=overrides)
        nsmc.train(recipe, data=data, output=place / "model", device="cpu")
        yield place / "model"

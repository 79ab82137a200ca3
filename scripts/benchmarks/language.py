"""The language models that measurements are made with, trained once and kept."""

from pathlib import Path
from typing import Any

import nsmc
from nsmc.data.reviews import read_reviews
from nsmc.inference.directory import open_model
from nsmc.storage.files import atomic_write
from nsmc.text.normalize import normalize

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"


def unlabelled_texts(data: Path, extra: Path | None, output: Path, most: int | None) -> Path:
    """The texts of ``ratings_train.txt`` in ``data`` and of a further table, as a file of texts.

    Args:
        data: a directory.
        extra: a table with no text of the test file.
        output: where the file is, or is written.
        most: texts at most; None for all.
    """
    file = output / "texts.parquet"
    if not file.exists():
        import pandas as pd

        output.mkdir(parents=True, exist_ok=True)
        files = [data / "ratings_train.txt", *([extra] if extra else [])]
        rows = [
            text for file in files for text in read_reviews(file).texts if normalize(text, 1000)
        ]
        with atomic_write(file) as temporary:
            pd.DataFrame({"document": rows[:most]}).to_parquet(temporary)
    return file


def language_model(recipe: str, texts: Path, output: Path) -> Path:
    """Train a language model, or what is left of that.

    Args:
        recipe: the name of one in configs.
        texts: of `unlabelled_texts`.
        output: where trainings are kept.

    Returns:
        The training's directory.
    """
    place = output / recipe
    trained(texts, place, nsmc.load_config(CONFIGS / f"{recipe}.toml"))
    return place


def trained(data: Path, place: Path, config: nsmc.Config) -> dict[str, Any]:
    """Train into a directory, go on with a training, or take one that has ended; its figures."""
    begun = (place / "checkpoints").exists()
    if begun or not (place / "model").exists():
        nsmc.train(None if begun else config, data=data, output=place, device="cpu", resume=begun)
    return open_model(place).metrics

"""The language models that experiments use, trained once."""

import argparse
from pathlib import Path

import nsmc
from experiments.experiment import ROOT, train_once
from nsmc.data.reviews import read_reviews
from nsmc.storage.files import atomic_write
from nsmc.text.normalize import normalize

CONFIGS = ROOT / "configs"


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


def add_text_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of what the language models learn from."""
    parser.add_argument("--extra", type=Path, metavar="FILE", help="a table of further texts")
    parser.add_argument("--texts", type=int, metavar="N", help="at most, for a trial")


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
    train_once(nsmc.load_config(CONFIGS / f"{recipe}.toml"), texts, place)
    return place

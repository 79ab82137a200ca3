"""What takes bytes from strangers, each as a function of bytes that may raise `NsmcError` alone.

A target returns nothing. Whatever else it raises is a find.
"""

import atexit
import functools
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nsmc
from fuzzing import bodies, texts
from nsmc.config.schema import load_config
from nsmc.config.text import TextConfig
from nsmc.errors import NsmcError
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import EXIT, KIND, SCHEMA, WEIGHTS, open_model, write_model
from nsmc.inference.early_exit import FAMILIAR_BITS
from nsmc.inference.narrow import PREFIX, narrow_arrays
from nsmc.inference.parameters import expected_shapes
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.storage.bundle import MANIFEST, write_json
from nsmc.tables.table import open_table
from nsmc.tasks.registry import make_task
from nsmc.text.tokenizer import learn, make_tokenizer

TINY = (
    "text.unit=syllable",
    "model.embedding_size=4",
    "model.hidden_size=3",
    "model.subword_buckets=8",
    "model.wide.buckets=16",
)
SHEET = "xl/worksheets/sheet1.xml"
PLACE = "NSMC_FUZZ_PLACE"
"""The variable with another directory for what is read from files."""
COMMENTS = ["정말 재밌는 영화였어요 ㅋㅋ", "돈이 아까워요 돈이 아까운 영화", "그냥 그래요"] * 6


@dataclass(frozen=True)
class Target:
    """A function of bytes, and inputs to begin with."""

    function: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    batch: Callable[[list[str]], None] | None = None
    """The function for many comments at a time, where that is faster."""


def memory() -> str | None:
    """A directory in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@functools.cache
def place() -> Path:
    """A directory for what is read from files: in memory, where there is one."""
    made = Path(tempfile.mkdtemp(prefix="nsmc-fuzz-", dir=os.environ.get(PLACE) or memory()))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@functools.cache
def model() -> Path:
    """A model directory of a few hundred bytes, without torch."""
    config = load_config(None, TINY)
    rng, vocabulary = np.random.default_rng(1), ["<unk>", "재", "밌"]
    shapes = expected_shapes(config.model, make_task(config, {}), len(vocabulary))
    write_model(
        place() / "model",
        config=config,
        identity=make_tokenizer(config.text).identity(),
        task_state={},
        threshold=0.5,
        vocabulary=vocabulary,
        weights={name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes},
        metrics={},
        seen=TrainingTexts.from_units([["재밌다"]]).to_bytes(),
    )
    return place() / "model"


@functools.cache
def classifier() -> Classifier:
    """One that scores in a fraction of a millisecond."""
    return Classifier(open_model(model()))


@functools.cache
def shipped() -> Classifier[Any]:
    """The shipped model."""
    return nsmc.load()


def as_text(data: bytes) -> str:
    """Any bytes as a comment, lone surrogates included."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-16", "replace")


def of_texts(batch: Callable[[list[str]], None]) -> "Target":
    """A target of comments, which takes many at a time, too."""
    seeds = [*COMMENTS[:3], "&amp;quot;ㅈㅐㅁㅣ<br>"]
    return Target(
        lambda data: batch([as_text(data)]), lambda: [text.encode() for text in seeds], batch
    )


def score(data: bytes) -> None:
    """A comment through a whole network, with its explanation where it is short."""
    text = data.decode("utf-8", "replace")
    prediction = classifier().predict(text)
    json.dumps(prediction.to_dict(), allow_nan=False)
    if len(text) < 12:
        json.dumps(classifier().explain(text).to_dict(), allow_nan=False)


def table(name: str) -> Callable[[bytes], None]:
    """Reading of a table with that ending."""

    def read(data: bytes) -> None:
        file = place() / name
        file.write_bytes(data)
        with open_table(file) as opened:
            for chunk in opened.chunks():
                assert all(isinstance(text, str) for text in chunk.texts)

    return read


def compressed(data: bytes) -> None:
    """A table, whole and compressed."""
    table("a.csv.gz")(gzip.compress(data, 1))


def sheet(data: bytes) -> None:
    """A sheet of a workbook that is whole but for it."""
    file = place() / "sheet.xlsx"
    with zipfile.ZipFile(_workbook()) as whole, zipfile.ZipFile(file, "w") as packed:
        for name in whole.namelist():
            packed.writestr(name, data if name == SHEET else whole.read(name))
    with open_table(file) as opened:
        for _ in opened.chunks():
            pass


@functools.cache
def _workbook() -> Path:
    import pandas as pd

    from nsmc.tables.table import open_writer

    with open_writer(place() / "whole.xlsx") as writer:
        writer.write(pd.DataFrame({"document": ["재밌다", None], "label": [1, 0]}))
    return place() / "whole.xlsx"


def _sheet() -> list[bytes]:
    with zipfile.ZipFile(_workbook()) as whole:
        return [whole.read(SHEET)]


def config(data: bytes) -> None:
    """A TOML file with settings."""
    file = place() / "config.toml"
    file.write_bytes(data)
    load_config(file)


def setting(data: bytes) -> None:
    """An argument of --set."""
    load_config(None, [data.decode("utf-8", "replace")])


def manifest(data: bytes) -> None:
    """A model directory's manifest."""
    _with(MANIFEST, data)


def weights(data: bytes) -> None:
    """A model's weights, vouched for by its manifest."""
    _with(WEIGHTS, data)


def description(data: bytes) -> None:
    """A model's config, likewise."""
    _with("model.json", data)


def record(data: bytes) -> None:
    """What a model says of its training, likewise."""
    _with("metrics.json", data)


def exit(data: bytes) -> None:
    """The header of the file of a model's early exit, likewise."""
    _with(EXIT, len(data).to_bytes(8, "little") + data + _exit()[1])


@functools.cache
def _exit() -> tuple[bytes, bytes]:
    from safetensors.numpy import save

    opened = open_model(model())
    narrow = narrow_arrays(opened.config.model, 2, opened.label_task)
    arrays = {
        "weight": np.ones((8, 1), np.int8),
        "familiar": np.full(FAMILIAR_BITS // 8, 255, np.uint8),
        **{name: np.ones(1, np.float32) for name in ("scale", "bias", "wide", "threshold")},
        **{PREFIX + name: np.ones(shape, kind) for name, shape, kind in narrow},
    }
    stored = save(arrays)
    end = 8 + int.from_bytes(stored[:8], "little")
    return stored[8:end], stored[end:]


def _with(name: str, data: bytes) -> None:
    """Open the model with one file other, under hashes that are right, and score with it."""
    whole, changed = model(), place() / "changed"
    shutil.rmtree(changed, ignore_errors=True)
    changed.mkdir()
    files: dict[str, Any] = {}
    for file in {*(file.name for file in whole.iterdir()), name}:
        content = data if file == name else (whole / file).read_bytes()
        (changed / file).write_bytes(content)
        if file != MANIFEST:
            digest = hashlib.sha256(content).hexdigest()
            files[file] = {"bytes": len(content), "sha256": digest}
    if name != MANIFEST:
        write_json(changed / MANIFEST, {"kind": KIND, "schema": SCHEMA, "files": files})
    opened = Classifier(open_model(changed))
    outputs = opened.outputs_of([["재", "밌"]])
    assert np.isfinite(outputs).all()
    assert opened.predict("재밌").score is not None


def seen(data: bytes) -> None:
    """A set of training texts."""
    TrainingTexts.from_bytes(data).contains([["재밌다"]])


def http(data: bytes) -> None:
    """The body of a request to the server."""
    bodies.check(data, classifier(), place() / "spool")


def pieces(data: bytes) -> None:
    """What a model's tokenizer has learnt by SentencePiece."""
    make_tokenizer(TextConfig(unit="bpe"), data)("재밌는 영화")


def spelling(data: bytes) -> None:
    """The words that a model corrects to."""
    make_tokenizer(TextConfig(spelling=True), data)("재밌는 영화엿어요")


def _learnt(*settings: str) -> list[bytes]:
    return [learn(load_config(None, settings).text, COMMENTS) or b""]


def _of_tables(separator: str) -> list[bytes]:
    rows = [["document", "label"], ["재밌다", "1"], ['"따옴표"', "0"], ["", ""]]
    text = "\n".join(separator.join(row) for row in rows)
    return [text.encode(name) for name in ("utf-8", "cp949", "utf-16", "utf-8-sig")]


def _parquet() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = place() / "seed.parquet"
    pq.write_table(pa.table({"document": ["재밌다", None], "label": [1, 0]}), file)
    return [file.read_bytes()]


def _file(name: str) -> Callable[[], list[bytes]]:
    return lambda: [(model() / name).read_bytes()]


JSON = b'["a", {"document": "b", "label": [1, {"c": 1.5}]}, {"document": null}]'
JSONL = b'{"document": "a", "label": 1}\n{"document": null}'
TOML = b'task = "stars"\n[model]\ncell = "lstm"\nhidden_size = 8\n[stars]\nlow = 1'
SETTINGS = [b"model.cell=lstm", b"stars.low=1.5", b"model.conv.filters=4"]
RECORD = b'{"epochs": 3, "data": {"name": "a"}, "temperature": 1.5}'
TARGETS: dict[str, Target] = {
    "normalize": of_texts(texts.check_normalized),
    "units": of_texts(texts.check_units),
    "predict": of_texts(lambda batch: texts.check_scores(batch, classifier())),
    "shipped": of_texts(lambda batch: texts.check_scores(batch, shipped())),
    "score": Target(score, lambda: [text.encode() for text in COMMENTS[:3]]),
    "csv": Target(table("a.csv"), lambda: _of_tables(",")),
    "tsv": Target(table("a.tsv"), lambda: _of_tables("\t")),
    "gzip": Target(compressed, lambda: _of_tables(",")),
    "jsonl": Target(table("a.jsonl"), lambda: [JSONL]),
    "json": Target(table("a.json"), lambda: [JSON]),
    "sheet": Target(sheet, _sheet),
    "xlsx": Target(table("a.xlsx"), lambda: [_workbook().read_bytes()]),
    "parquet": Target(table("a.parquet"), _parquet),
    "config": Target(config, lambda: [TOML]),
    "setting": Target(setting, lambda: SETTINGS),
    "manifest": Target(manifest, _file(MANIFEST)),
    "weights": Target(weights, _file(WEIGHTS)),
    "description": Target(description, _file("model.json")),
    "exit": Target(exit, lambda: [_exit()[0]]),
    "record": Target(record, lambda: [RECORD]),
    "seen": Target(seen, _file("seen.bin")),
    "pieces": Target(pieces, lambda: _learnt("text.unit=bpe", "text.bpe_size=100")),
    "http": Target(http, lambda: [text.encode() for text in bodies.SEEDS] + _of_tables(",")[:1]),
    "spelling": Target(spelling, lambda: _learnt("text.spelling=true")),
}


def tried(name: str, data: bytes) -> None:
    """Give a target an input; what it may raise is no find."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            TARGETS[name].function(data)
        except NsmcError:
            return

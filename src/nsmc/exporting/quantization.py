"""`nsmc.export`: a trained model in a smaller form, or in one that other programs run."""

import json
import warnings
from pathlib import Path

import numpy as np

from nsmc.errors import NsmcError, UsageError
from nsmc.inference.directory import ModelDirectory, open_model, write_again
from nsmc.messages.translate import tr
from nsmc.storage.bundle import MANIFEST
from nsmc.tasks.task import LabelTask

OTHER_FORMATS = (".pt", ".pth", ".bin", ".safetensors", ".h5", ".ckpt", ".pkl", ".zip", ".npz")
"""Endings by which somebody expects a file, and would get a directory."""


def export(
    model: Path | str | None, output: Path | str, *, int8: bool = False, overwrite: bool = False
) -> Path:
    """Write a model in another form.

    A name in ``.onnx`` gives the ONNX graph of `nsmc.exporting.onnx.scoring_graph`, any other name
    a model directory. Beside the graph of a model of syllables or jamo whose units have no n-grams,
    a file of the same name in ``.json`` says how a comment becomes its input (docs/exporting.md).

    Args:
        model: a model directory; None for the one inside the package.
        output: where it goes; also what is returned.
        int8: store the embedding tables in 8 bits and the recurrent matrices in 16, which halves a
            model directory.
        overwrite: replace the model directory or the file at ``output``.

    Raises:
        ModelError: the model is missing or damaged.
        UsageError: ``int8`` with an ONNX graph, which has no tables, an ONNX graph of a model
            that labels nothing, or the ending of a format that isn't written.
        NsmcError: ``output`` is there already, is a directory of other things or can't be
            written, or onnx isn't installed.
    """
    target = Path(output)
    to_onnx = target.suffix.lower() == ".onnx"
    if to_onnx and int8:
        raise UsageError(
            "--int8 makes the embedding tables small, and an ONNX graph holds none of them; "
            "export a directory, or leave --int8 out"
        )
    if target.suffix.lower() in OTHER_FORMATS:
        raise UsageError(
            "expected the name of a directory or of an .onnx file, found {target}: a model "
            "is a directory of several files; give it a name without that ending",
            target=target,
        )
    source = open_model(None if model is None else Path(model))
    beside = [target.with_suffix(".json")] if to_onnx and _reads_units(source) else []
    for place in (target, *beside):
        if place.exists() and not overwrite:
            raise NsmcError(
                "{place} is there already; give another --output, or --overwrite", place=place
            )
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        # A mistyped path must not replace a directory of other things.
        raise NsmcError(
            "{target} is no model directory, so it isn't replaced; give another --output",
            target=target,
        )
    if to_onnx:
        _write_graph(source, target)
        return target
    from nsmc.inference.quantized import quantized

    weights = source.stored
    if int8 and any(values.dtype == np.int8 for values in weights.values()):
        warnings.warn(
            tr(
                "{path} has its embedding tables in 8 bits already, so with --int8 there is "
                "nothing to gain: what is written is about as large",
                path=source.path,
            ),
            stacklevel=2,
        )
    weights = quantized(weights) if int8 else weights
    write_again(source, target, weights=weights, exit=source.exit)
    return target


def _reads_units(source: ModelDirectory) -> bool:
    """Whether all that a comment needs before the graph is a file of plain values."""
    config = source.config.model
    has_ngrams = config.subword_buckets or config.wide.buckets
    return source.config.text.unit in ("syllable", "jamo") and not (
        has_ngrams or source.config.text.spelling
    )


def _write_graph(source: ModelDirectory, target: Path) -> None:
    from nsmc.exporting.onnx import scoring_graph
    from nsmc.storage.files import atomic_write

    if not isinstance(source.task, LabelTask):
        raise UsageError(
            "an ONNX graph holds the layers that label a comment, and {path} is a language "
            "model, which labels none; as a directory it can be exported",
            path=source.path,
        )
    properties = {
        # The meaning of the outputs: the classes in their order, the scale of the stars.
        "recipe": json.dumps(source.config.to_dict(), ensure_ascii=False),
        "task_state": json.dumps(source.task_state, ensure_ascii=False),
    }
    weights, words = source.weights(), None
    if _reads_units(source):
        from nsmc.exporting.text_side import text_side

        words = source.tables(weights)[0].rows(np.arange(len(source.vocabulary)))  # [V, E]
        with atomic_write(target.with_suffix(".json")) as temporary:
            side = json.dumps(text_side(source), ensure_ascii=False, separators=(",", ":"))
            temporary.write_text(side, encoding="utf-8")
    graph = scoring_graph(weights, source.config.model, properties, words)
    with atomic_write(target) as temporary:
        temporary.write_bytes(graph)

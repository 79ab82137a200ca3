"""`nsmc.export`: a trained model in a smaller form, or in one that other programs run."""

import json
from pathlib import Path

from nsmc.errors import NsmcError, UsageError
from nsmc.inference.directory import ModelDirectory, open_model, write_again
from nsmc.storage.bundle import MANIFEST
from nsmc.tasks.task import LabelTask


def export(
    model: Path | str | None, output: Path | str, *, int8: bool = False, overwrite: bool = False
) -> Path:
    """Write a model in another form.

    A name in ``.onnx`` gives the ONNX graph of `nsmc.exporting.onnx.scoring_graph`, any other name
    a model directory.

    Args:
        model: a model directory; None for the one inside the package.
        output: where it goes; also what is returned.
        int8: store the embedding tables in 8 bits and the recurrent matrices in 16, which halves a
            model directory.
        overwrite: replace the model directory or the file at ``output``.

    Raises:
        ModelError: the model is missing or damaged.
        UsageError: ``int8`` with an ONNX graph, which has no tables, or an ONNX graph of a model
            that labels nothing.
        NsmcError: ``output`` is there already, is a directory of other things or can't be
            written, or onnx isn't installed.
    """
    target = Path(output)
    to_onnx = target.suffix == ".onnx"
    if to_onnx and int8:
        raise UsageError(
            "--int8 makes the embedding tables small, and an ONNX graph holds none of them; "
            "export a directory, or leave --int8 out"
        )
    if target.exists() and not overwrite:
        raise NsmcError(f"{target} is there already; give another --output, or --overwrite")
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        # A mistyped path must not replace a directory of other things.
        raise NsmcError(
            f"{target} is no model directory, so it isn't replaced; give another --output"
        )
    source = open_model(None if model is None else Path(model))
    if to_onnx:
        _write_graph(source, target)
        return target
    from nsmc.inference.quantized import quantized

    weights = source.stored
    weights = quantized(weights) if int8 else weights
    write_again(source, target, weights=weights, exit=source.exit)
    return target


def _write_graph(source: ModelDirectory, target: Path) -> None:
    from nsmc.exporting.onnx import scoring_graph
    from nsmc.storage.files import atomic_write

    if not isinstance(source.task, LabelTask):
        raise UsageError(
            f"an ONNX graph holds the layers that label a comment, and {source.path} "
            "is a language model, which labels none; as a directory it can be exported"
        )
    properties = {
        # The meaning of the outputs: the classes in their order, the scale of the stars.
        "recipe": json.dumps(source.config.to_dict(), ensure_ascii=False),
        "task_state": json.dumps(source.task_state, ensure_ascii=False),
    }
    graph = scoring_graph(source.weights(), source.config.model, properties)
    with atomic_write(target) as temporary:
        temporary.write_bytes(graph)

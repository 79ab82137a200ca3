"""The ONNX graph for other programs, in few nodes: everything after the embedding, or with it.

Built from the weights alone, without torch's exporters, which handle neither packed sequences nor
a free batch size of recurrent layers well.

Shapes: T units, B reviews, V rows of the vocabulary, E embedding size, F filters, T' steps after a
convolution (T without one), D directions, H hidden size, I input size of a layer, P pooled size, G
gates, O outputs.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.errors import NsmcError

OPSET = 18
IR_VERSION = 9

# ONNX stacks the gates in another order than torch: for each gate of ONNX, its place in torch's.
_OPERATORS = {"rnn": ("RNN", [0]), "gru": ("GRU", [1, 0, 2]), "lstm": ("LSTM", [0, 3, 1, 2])}


def scoring_graph(
    weights: Mapping[str, NDArray[Any]],
    config: ModelConfig,
    properties: Mapping[str, str] | None = None,
    words: NDArray[np.float32] | None = None,
) -> bytes:
    """Build the graph ``vectors`` [T, B, E] → ``logits`` [B], all reviews T units long.

    With ``words`` [V, E], the embedding, the graph's input is ``units`` [T, B] instead: rows.

    Where the task has several outputs, ``logits`` is [B, O]. A model with weights of character
    n-grams has a second input ``added`` of the shape of ``logits``: what these come to, as
    `nsmc.inference.wide.WideOutputs` makes it. ``weights`` are the network's parameters under
    torch's names, ``properties`` the graph's metadata.

    Raises:
        NsmcError: the package onnx isn't installed.
    """
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise NsmcError(
            "an ONNX graph needs the package onnx, which can't be imported here ({error}); "
            'install it: pip install "nsmc[onnx]"',
            error=error,
        ) from error

    node, nodes = helper.make_node, list[Any]()
    layers = ("convolution.", "head.")
    constants = {name: value for name, value in weights.items() if name.startswith(layers)}
    constants["merge"] = np.array([0, 0, -1], dtype=np.int64)
    source = "vectors"
    if words is not None:
        constants["words"] = words
        nodes.append(node("Gather", ["words", "units"], ["vectors"]))  # [T, B, E]
    if config.conv.filters:
        source = "steps"
        nodes += _convolution_nodes(node, config)
    attributes: dict[str, Any] = {
        "hidden_size": config.hidden_size,
        "direction": "bidirectional" if config.bidirectional else "forward",
    }
    if config.cell == "gru":
        attributes["linear_before_reset"] = 1  # as in torch, after the matrix product
    for layer in range(config.layers):
        constants |= _layer_constants(weights, config, layer)
        nodes += [
            node(
                _OPERATORS[config.cell][0],
                [source, f"W{layer}", f"R{layer}", f"B{layer}"],
                [f"Y{layer}", f"last{layer}"],  # [T', D, B, H], [D, B, H]
                **attributes,
            ),
            node("Transpose", [f"Y{layer}"], [f"YT{layer}"], perm=[0, 2, 1, 3]),
            node("Reshape", [f"YT{layer}", "merge"], [f"out{layer}"]),  # [T', B, D·H]
        ]
        source = f"out{layer}"
    nodes += _pooling_nodes(node, config, source, f"last{config.layers - 1}", constants)
    outputs = len(weights["head.bias"])
    shape: list[Any] = ["B"] if outputs == 1 else ["B", outputs]
    vectors = ("vectors", TensorProto.FLOAT, ["T", "B", config.embedding_size])
    inputs = [vectors if words is None else ("units", TensorProto.INT64, ["T", "B"])]
    last = "logits"
    if config.wide.buckets:
        inputs.append(("added", TensorProto.FLOAT, shape))
        last = "recurrent"
    made = "column" if outputs == 1 else last
    nodes.append(node("Gemm", ["pooled", "head.weight", "head.bias"], [made], transB=1))  # [B, O]
    if outputs == 1:
        constants["last_axis"] = np.array([1], dtype=np.int64)
        nodes.append(node("Squeeze", [made, "last_axis"], [last]))  # [B]
    if config.wide.buckets:
        nodes.append(node("Add", [last, "added"], ["logits"]))  # [B] or [B, O]
    graph = helper.make_graph(
        nodes,
        "nsmc",
        [helper.make_tensor_value_info(*given) for given in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(
        graph, producer_name="nsmc", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR_VERSION
    helper.set_model_props(model, properties or {})
    serialized: bytes = model.SerializeToString()
    return serialized


def _convolution_nodes(node: Callable[..., Any], config: ModelConfig) -> list[Any]:
    """Nodes from ``vectors`` [T, B, E] to the ``steps`` [T', B, F] of `Convolution`."""
    half, steps = config.conv.kernel // 2, [config.conv.pooling]
    inputs = ["time_last", "convolution.weight", "convolution.bias"]
    padding = {"kernel_shape": [config.conv.kernel], "pads": [half, half]}
    pooling = {"kernel_shape": steps, "strides": steps, "ceil_mode": 1}
    return [
        node("Transpose", ["vectors"], ["time_last"], perm=[1, 2, 0]),  # [B, E, T]
        node("Conv", inputs, ["convolved"], **padding),  # [B, F, T]
        node("Relu", ["convolved"], ["rectified"]),  # [B, F, T]
        node("MaxPool", ["rectified"], ["maxima"], **pooling),  # [B, F, T']
        node("Transpose", ["maxima"], ["steps"], perm=[2, 0, 1]),  # [T', B, F]
    ]


def _layer_constants(
    weights: Mapping[str, NDArray[Any]], config: ModelConfig, layer: int
) -> dict[str, NDArray[Any]]:
    """W [D, G·H, I], R [D, G·H, H] and B [D, 2·G·H] of one recurrent layer."""
    _, order = _OPERATORS[config.cell]

    def stacked(kind: str) -> NDArray[Any]:
        directions = []
        for suffix in ["", "_reverse"][: config.directions]:
            gates = np.split(weights[f"encoder.{kind}_l{layer}{suffix}"], len(order))
            directions.append(np.concatenate([gates[i] for i in order]))
        return np.stack(directions)

    biases = [stacked("bias_ih"), stacked("bias_hh")]
    return {
        f"W{layer}": stacked("weight_ih"),
        f"R{layer}": stacked("weight_hh"),
        f"B{layer}": np.concatenate(biases, axis=1),
    }


def _pooling_nodes(
    node: Callable[..., Any],
    config: ModelConfig,
    outputs: str,
    last: str,
    constants: dict[str, NDArray[Any]],
) -> list[Any]:
    """Nodes from the last layer's outputs [T', B, D·H] and last states [D, B, H] to [B, P]."""
    if config.pooling == "last":
        constants["flatten"] = np.array([0, -1], dtype=np.int64)
        return [
            node("Transpose", [last], ["last_by_review"], perm=[1, 0, 2]),  # [B, D, H]
            node("Reshape", ["last_by_review", "flatten"], ["pooled"]),  # [B, D·H]
        ]
    constants["time_axis"] = np.array([0], dtype=np.int64)
    operators = {"max": "ReduceMax", "mean": "ReduceMean"}
    parts = config.pooling.split("+")
    nodes = [
        node(operators[part], [outputs, "time_axis"], [part], keepdims=0)  # [B, D·H]
        for part in parts
    ]
    return [*nodes, node("Concat", parts, ["pooled"], axis=1)]

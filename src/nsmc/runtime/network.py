"""What turns vectors into logits, on whatever it runs.

Letters: T morphemes, B reviews, E embedding size.
"""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError


class Network(Protocol):
    """Scores reviews of one length."""

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [T, B, E] to logits [B]."""
        ...


class OnnxNetwork:
    """A scoring graph run by ONNX Runtime on the CPU.

    Args:
        graph: the ONNX file of a model directory.
        threads: threads for one batch.

    Raises:
        ModelError: ONNX Runtime can't run the graph.
    """

    def __init__(self, graph: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Idle threads must not burn the cores on which Mecab works.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                graph.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's exceptions have no public base class
            raise ModelError(f"ONNX Runtime can't run {graph}: {error}; train again") from error

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [T, B, E] to logits [B]."""
        logits: NDArray[np.float32] = self._session.run(["logits"], {"vectors": vectors})[0]
        return logits

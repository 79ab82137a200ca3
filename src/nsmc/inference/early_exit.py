"""The early exit: character n-grams answer the comments that they are sure of.

A cascade of two classifiers (Viola and Jones, "Rapid object detection using a boosted cascade of
simple features", CVPR 2001; Johansen and Socher, "Learning when to skim and when to read",
Rep4NLP 2017). The first is linear: the wide layer's weights, which the model has anyway, and a
smaller table of what the recurrent network adds to them. It needs neither Mecab nor the network.
A second stage, `nsmc.inference.narrow`, is asked about the rest. `nsmc.training.early_exit` makes
both.

Shapes: R comments, G n-grams of all of them, P pairs of characters, K rows of the table, O outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.errors import ModelError
from nsmc.inference.narrow import PREFIX, narrow_arrays
from nsmc.inference.parameters import in_range
from nsmc.inference.sureness import sureness
from nsmc.inference.wide import SCALE, WideOutputs, table_sums
from nsmc.tasks.task import LabelTask
from nsmc.text.character_ngrams import character_ngrams, character_pairs

FAMILIAR_BITS = 1 << 20
"""Bits of the set of known pairs of characters; a twentieth of them is set for NSMC."""
FAMILIAR_SHARE = 0.8
"""Share of a comment's pairs of characters that are known, at least, for an early answer."""
AT_ONCE = 2048
"""Comments whose n-grams are in memory at once."""
Floats = NDArray[np.float32]
_TYPES: dict[str, type] = {"weight": np.int8, "familiar": np.uint8}


class EarlyExit:
    """The first stage of a model.

    Args:
        wide: the model's wide layer.
        arrays: ``weight`` [K, O] in int8 with ``scale`` [O] and ``bias`` [O]; ``wide`` [1], what
            the wide layer's part counts; ``threshold`` [1], the least `sureness` of an answer; and
            ``familiar`` [FAMILIAR_BITS / 8], a bit for each hash of a known pair of characters.
            Those of a narrow network, if there is one, have `PREFIX` before their names.
    """

    def __init__(self, wide: WideOutputs, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays
        self._wide = wide
        self._table, self._scales = arrays["weight"], arrays["scale"] * np.float32(SCALE)
        # Rows are the top bits of a hash, so a smaller table's are those of the larger one.
        self._shift = (wide.buckets // len(self._table)).bit_length() - 1
        self._familiar = np.unpackbits(arrays["familiar"]).view(np.bool_)  # [FAMILIAR_BITS]
        self.threshold = float(arrays["threshold"][0])
        self.narrow = {n.removeprefix(PREFIX): a for n, a in arrays.items() if n.startswith(PREFIX)}
        """The arrays of `nsmc.inference.narrow.NarrowNetwork`; none without one."""

    @classmethod
    def from_bytes(
        cls, content: bytes, wide: WideOutputs | None, config: ModelConfig, task: LabelTask
    ) -> "EarlyExit":
        """Read what `to_bytes` returned, for a model of this config, wide layer and task.

        Raises:
            ModelError: it is something else, or not of this model.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(content)
            rows, outputs = len(arrays["weight"]), task.outputs
            expected: dict[str, tuple[int, ...]] = {
                "weight": (rows, outputs),
                "scale": (outputs,),
                "bias": (outputs,),
                "wide": (1,),
                "threshold": (1,),
                "familiar": (FAMILIAR_BITS // 8,),
            }
            shapes = {name: values.shape for name, values in arrays.items()}
            types: dict[str, type] = {name: _TYPES.get(name, np.float32) for name in expected}
            if any(name.startswith(PREFIX) for name in arrays):
                hidden = arrays[f"{PREFIX}encoder.weight_hh_l0"].shape[1]
                for name, shape, kind in narrow_arrays(config, hidden, task):
                    expected[PREFIX + name], types[PREFIX + name] = shape, kind
            right = shapes == expected and types == {k: v.dtype for k, v in arrays.items()}
            if wide is None or not right or not 0 < rows <= wide.buckets or rows & (rows - 1):
                raise ValueError(f"arrays of {shapes}")
            if not all(map(in_range, arrays.values())):
                raise ValueError("numbers that aren't finite, or too large")
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                "the model's early exit can't be read: expected a table for {outputs} outputs "
                "beside a wide layer, found something else ({error}); copy the model directory "
                "again from where it was whole, or train it again",
                outputs=task.outputs,
                error=error,
            ) from error
        return cls(wide, arrays)

    def to_bytes(self) -> bytes:
        """The content of a file."""
        from safetensors.numpy import save

        content: bytes = save(self.arrays)
        return content

    def __call__(
        self, comments: Sequence[str], cut_at: float
    ) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_], Floats]:
        """Answer comments.

        Args:
            comments: [R] each as `nsmc.text.tokenizer.Tokenizer.characters` gives it.
            cut_at: log odds from which on a comment is positive.

        Returns:
            Outputs [R, O], NaN of a comment that has to be read; which these are [R]; which [R] are
            `known`, so that the narrow network may answer them; and the wide layer's outputs
            [R, O].
        """
        (outputs, added), known = self.all_outputs(comments), self.known(comments)
        rest = (sureness(outputs, cut_at) < self.threshold) | ~known  # [R]
        outputs[rest] = np.nan
        return outputs, rest, known, added

    def all_outputs(self, comments: Sequence[str]) -> tuple[Floats, Floats]:
        """Outputs [R, O] of comments, sure or not, and the wide layer's among them [R, O]."""
        outputs = np.empty((len(comments), self._table.shape[1]), np.float32)  # [R, O]
        added = np.empty_like(outputs)
        for start in range(0, len(comments), AT_ONCE):
            units = [[one] for one in comments[start : start + AT_ONCE]]
            ids, counts = character_ngrams(units, self._wide.longest, self._wide.buckets)
            part = table_sums(self._table, self._scales, ids >> self._shift, counts)  # [AT_ONCE, O]
            outputs[start : start + AT_ONCE] = part + self.arrays["bias"]
            added[start : start + AT_ONCE] = self._wide.sums(ids, counts)
        outputs += self.arrays["wide"] * added
        return outputs, added

    def known(self, comments: Sequence[str]) -> NDArray[np.bool_]:
        """Which comments [R] consist of pairs of characters that training comments have."""
        pairs, owners = character_pairs(comments, FAMILIAR_BITS)  # [P], [P]
        counts = np.bincount(owners, minlength=len(comments))  # [R]
        known = np.bincount(owners[self._familiar[pairs]], minlength=len(comments))  # [R]
        return np.asarray((counts > 0) & (known >= FAMILIAR_SHARE * counts))

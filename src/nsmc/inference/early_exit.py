"""The early exit: character n-grams answer the comments that they are sure of.

A cascade of two classifiers (Viola and Jones, "Rapid object detection using a boosted cascade of
simple features", CVPR 2001; Johansen and Socher, "Learning when to skim and when to read",
Rep4NLP 2017). The first is linear: the wide layer's weights, which the model has anyway, and a
smaller table of what the recurrent network adds to them. It needs neither Mecab nor the network.
`nsmc.training.early_exit` makes it.

Shapes: R comments, G n-grams of all of them, P pairs of characters, K rows of the table, O outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError
from nsmc.inference.parameters import in_range
from nsmc.inference.wide import SCALE, WideOutputs, table_sums
from nsmc.text.character_ngrams import character_ngrams, character_pairs

FAMILIAR_BITS = 1 << 20
"""Bits of the set of known pairs of characters; a twentieth of them is set for NSMC."""
FAMILIAR_SHARE = 0.8
"""Share of a comment's pairs of characters that are known, at least, for an early answer."""
AT_ONCE = 2048
"""Comments whose n-grams are in memory at once."""
_TYPES = {"weight": np.int8, "familiar": np.uint8}


class EarlyExit:
    """The first stage of a model.

    Args:
        wide: the model's wide layer.
        arrays: ``weight`` [K, O] in int8 with ``scale`` [O] and ``bias`` [O]; ``wide`` [1], what
            the wide layer's part counts; ``threshold`` [1], the least `sureness` of an answer; and
            ``familiar`` [FAMILIAR_BITS / 8], a bit for each hash of a known pair of characters.
    """

    def __init__(self, wide: WideOutputs, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays
        self._wide = wide
        self._table, self._scales = arrays["weight"], arrays["scale"] * np.float32(SCALE)
        # Rows are the top bits of a hash, so a smaller table's are those of the larger one.
        self._shift = (wide.buckets // len(self._table)).bit_length() - 1
        self._familiar = np.unpackbits(arrays["familiar"]).view(np.bool_)  # [FAMILIAR_BITS]
        self.threshold = float(arrays["threshold"][0])

    @classmethod
    def from_bytes(cls, content: bytes, wide: WideOutputs | None, outputs: int) -> "EarlyExit":
        """Read what `to_bytes` returned.

        Raises:
            ModelError: it is something else, or not of this model.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(content)
            rows = len(arrays["weight"])
            expected = {
                "weight": (rows, outputs),
                "scale": (outputs,),
                "bias": (outputs,),
                "wide": (1,),
                "threshold": (1,),
                "familiar": (FAMILIAR_BITS // 8,),
            }
            shapes = {name: values.shape for name, values in arrays.items()}
            types = {name: _TYPES.get(name, np.float32) for name in expected}
            right = shapes == expected and types == {k: v.dtype for k, v in arrays.items()}
            if wide is None or not right or not 0 < rows <= wide.buckets or rows & (rows - 1):
                raise ValueError(f"arrays of {shapes}")
            if not all(map(in_range, arrays.values())):
                raise ValueError("numbers that aren't finite, or too large")
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"the model's early exit can't be read: expected a table for {outputs} outputs "
                f"beside a wide layer, found something else ({error}); copy the model directory "
                "again from where it was whole, or train it again"
            ) from error
        return cls(wide, arrays)

    def to_bytes(self) -> bytes:
        """The content of a file."""
        from safetensors.numpy import save

        content: bytes = save(self.arrays)
        return content

    def __call__(
        self, comments: Sequence[str], cut_at: float
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Answer comments.

        Args:
            comments: [R] each as `nsmc.text.tokenizer.Tokenizer.characters` gives it.
            cut_at: log odds from which on a comment is positive.

        Returns:
            Outputs [R, O], NaN of a comment that the whole model has to answer; and which these
            are [R].
        """
        outputs = self.all_outputs(comments)  # [R, O]
        rest = (sureness(outputs, cut_at) < self.threshold) | ~self.known(comments)  # [R]
        outputs[rest] = np.nan
        return outputs, rest

    def all_outputs(self, comments: Sequence[str]) -> NDArray[np.float32]:
        """Outputs [R, O] of comments, sure or not."""
        outputs = np.empty((len(comments), self._table.shape[1]), np.float32)  # [R, O]
        for start in range(0, len(comments), AT_ONCE):
            units = [[one] for one in comments[start : start + AT_ONCE]]
            ids, counts = character_ngrams(units, self._wide.longest, self._wide.buckets)
            part = self.arrays["wide"] * self._wide.sums(ids, counts)  # [AT_ONCE, O]
            part += table_sums(self._table, self._scales, ids >> self._shift, counts)
            outputs[start : start + AT_ONCE] = part + self.arrays["bias"]
        return outputs

    def known(self, comments: Sequence[str]) -> NDArray[np.bool_]:
        """Which comments [R] consist of pairs of characters that training comments have."""
        pairs, owners = character_pairs(comments, FAMILIAR_BITS)  # [P], [P]
        counts = np.bincount(owners, minlength=len(comments))  # [R]
        known = np.bincount(owners[self._familiar[pairs]], minlength=len(comments))  # [R]
        return np.asarray((counts > 0) & (known >= FAMILIAR_SHARE * counts))


def sureness(outputs: NDArray[Any], cut_at: float = 0.0) -> NDArray[np.float64]:
    """How sure outputs [R, O] are: log odds [R] of the class predicted against all others.

    Of two classes told apart by one output, beyond ``cut_at`` as well as beyond even odds: an
    answer that another threshold could change isn't sure.
    """
    exact = outputs.astype(np.float64)  # [R, O]
    if exact.shape[1] == 1:
        low, high = min(0.0, cut_at), max(0.0, cut_at)
        return np.maximum(exact[:, 0] - high, low - exact[:, 0])  # [R]
    best = exact.argmax(axis=1)  # [R]
    rows = np.arange(len(exact))
    top = exact[rows, best]  # [R]
    exact[rows, best] = -np.inf
    margins: NDArray[np.float64] = top - np.logaddexp.reduce(exact, axis=1)  # [R]
    return margins

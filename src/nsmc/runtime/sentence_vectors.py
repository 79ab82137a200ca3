"""Comments as the vectors that the last layer sees.

Letters: R reviews, P pooled size.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nsmc.runtime.classifier import Classifier


def sentence_vectors(
    classifier: "Classifier", reviews: Sequence[Sequence[str]]
) -> NDArray[np.float32]:
    """The pooled vectors [R, P] of comments already cut, none of them empty."""
    network = classifier.model.network(classifier.model.weights())
    rows = classifier._vectors.rows(m for review in reviews for m in review)  # [N]
    distinct, tokens = np.unique(rows, return_inverse=True)  # [U], [N]
    lengths = np.array([len(review) for review in reviews], dtype=np.int64)  # [R]
    return network.pooled(classifier._vectors.table[distinct], tokens, lengths)

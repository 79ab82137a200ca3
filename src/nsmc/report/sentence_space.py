"""A picture of the space: sentence vectors in two dimensions.

Shapes: R reviews, S reviews of the sample, P pooled size.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.scored_reviews import ScoredReviews

SHOWN = 3000
"""Comments in the picture at most: each is a point to point at."""
LEAST = 3
"""Comments below which there is nothing to see."""


def sentence_space(
    scored: ScoredReviews, toward: NDArray[np.float64] | None, **columns: NDArray[Any]
) -> dict[str, Any] | None:
    """Project the sentence vectors of a random sample onto their two principal components.

    The sample is drawn with a fixed seed. Numbers [R] in ``toward`` shall grow to the right.

    Returns:
        ``points`` (a table of ``row``, ``x``, ``y``, the ``columns``, [R] each, and ``document``)
        and ``variance`` (the share that each of the two dimensions holds). None if there are fewer
        than `LEAST` comments or all have the same vector.
    """
    from sklearn.decomposition import PCA

    chosen = np.random.default_rng(0).permutation(len(scored.texts))[:SHOWN]  # [S]
    chosen.sort()
    if len(chosen) < LEAST:
        return None
    units = [scored.classifier.tokenizer(scored.texts[index]) for index in chosen]
    vectors = scored.classifier.sentence_vectors(units).astype(np.float64)  # [S, P]
    if not vectors.var(axis=0).any():
        return None
    pca = PCA(min(2, vectors.shape[1]), svd_solver="full")
    places = np.zeros((len(chosen), 2))  # [S, 2]
    places[:, : pca.n_components] = pca.fit_transform(vectors)
    if toward is not None:
        aim = toward[chosen]  # [S]
        if np.dot(places[:, 0], aim - aim.mean()) < 0:
            places[:, 0] *= -1
    shares = [*pca.explained_variance_ratio_.tolist(), 0.0][:2]
    points = {
        "row": scored.rows[chosen].tolist(),
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        **{name: column[chosen].tolist() for name, column in columns.items()},
        "document": [scored.texts[place] for place in chosen.tolist()],
    }
    return {"points": points, "variance": shares}

"""A picture of the space: sentence vectors in two dimensions.

Shapes: R reviews, S reviews of the sample, P pooled size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.scored_reviews import ScoredReviews

SHOWN = 3000
"""Comments in the picture at most: each is a point to point at."""
LEAST = 3
"""Comments below which there is nothing to see."""


@dataclass(frozen=True, eq=False)
class Space:
    """Some of the reviews in a picture."""

    chosen: NDArray[np.int64]
    """[S] their places among all."""
    x: list[float]
    """[S]"""
    y: list[float]
    """[S]"""
    variance: list[float]
    """[2] the share that each of the two dimensions holds."""


def sentence_space(
    scored: ScoredReviews, toward: NDArray[np.float64] | None = None
) -> Space | None:
    """Project the sentence vectors of a random sample onto their two principal components.

    The sample is drawn with a fixed seed. Numbers [R] in ``toward`` shall grow to the right. None
    if there are fewer than `LEAST` comments or all have the same vector.
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
    return Space(chosen, places[:, 0].tolist(), places[:, 1].tolist(), shares)

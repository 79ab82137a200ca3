"""A picture of the space: sentence vectors in two dimensions.

Letters: R reviews, S reviews of the sample, P pooled size.
"""

import numpy as np

from nsmc.evaluation.curves import Table
from nsmc.evaluation.scored import ScoredReviews

SHOWN = 3000
"""Comments in the picture at most: each is a point to point at."""
LEAST = 3
"""Comments below which there is nothing to see."""


def space_table(scored: ScoredReviews) -> tuple[Table, list[float]] | None:
    """Project the sentence vectors of a random sample onto their two principal components.

    The sample is drawn with a fixed seed. The first component is turned so that positive scores
    lie to the right.

    Returns:
        ``row``, ``x``, ``y``, ``label``, ``score`` and ``document``, and the share of the
        variance that each of the two dimensions holds; None if there are fewer than `LEAST`
        comments or all have the same vector.
    """
    from sklearn.decomposition import PCA

    from nsmc.runtime.sentence_vectors import sentence_vectors

    chosen = np.random.default_rng(0).permutation(len(scored.texts))[:SHOWN]  # [S]
    chosen.sort()
    if len(chosen) < LEAST:
        return None
    texts = [scored.texts[index] for index in chosen]
    morphemes = [scored.classifier.tokenizer(text) for text in texts]
    vectors = sentence_vectors(scored.classifier, morphemes).astype(np.float64)  # [S, P]
    if not vectors.var(axis=0).any():
        return None
    pca = PCA(min(2, vectors.shape[1]), svd_solver="full")
    places = np.zeros((len(chosen), 2))  # [S, 2]
    places[:, : pca.n_components] = pca.fit_transform(vectors)
    scores = scored.scores[chosen]  # [S]
    if np.dot(places[:, 0], scores - scores.mean()) < 0:
        places[:, 0] *= -1
    shares = [*pca.explained_variance_ratio_.tolist(), 0.0][:2]
    return {
        "row": scored.rows[chosen].tolist(),
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "label": scored.labels[chosen].tolist(),
        "score": scores.tolist(),
        "document": texts,
    }, shares

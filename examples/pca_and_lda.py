"""Sentence vectors in two pictures: PCA, which knows no labels, beside LDA, which does.

    python examples/pca_and_lda.py [PICTURE.png]

PCA finds the directions of largest variance. LDA (Fisher, "The use of multiple measurements in
taxonomic problems", Annals of Eugenics 7, 1936) finds the direction that separates the classes.
Both are fitted on 600 comments and drawn on 200 others: 1,024 numbers can separate any 200 comments
that they were fitted on. The covariance is shrunk for the same reason (Ledoit and Wolf 2004).

Shapes: R comments, P numbers of a sentence vector.
"""

import sys
from pathlib import Path

import numpy as np
from lesson import sample_comments
from numpy.typing import NDArray

import nsmc


def vectors_of(
    classifier: nsmc.Classifier, part: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The sentence vectors [R, P] of a part of the sample, and whether each is positive [R]."""
    comments = sample_comments(part)
    units = [classifier.tokenizer(text) for text, _ in comments]
    labels = np.array([positive for _, positive in comments])
    return classifier.sentence_vectors(units).astype(np.float64), labels


def main(picture: Path) -> None:
    """Fit both on the training comments and draw the test comments."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import roc_auc_score

    classifier = nsmc.load()
    train, labels = vectors_of(classifier, "train")
    test, truth = vectors_of(classifier, "test")
    pca = PCA(2, svd_solver="full").fit(train)
    lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(train, labels)
    principal = pca.transform(test)  # [R, 2]
    discriminant = lda.transform(test)[:, 0]  # [R]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for positive, color in ((True, "tab:blue"), (False, "tab:red")):
        name = "positive" if positive else "negative"
        rows = truth == positive
        left.scatter(*principal[rows].T, s=9, color=color, label=name)
        right.hist(discriminant[rows], bins=30, alpha=0.6, color=color, label=name)
    left.set(title="PCA: two directions of variance", xlabel="first", ylabel="second")
    right.set(title="LDA: the direction between the classes", xlabel="discriminant")
    left.legend()
    figure.savefig(picture)
    pyplot.close(figure)
    for name, axis in (("first of PCA", principal[:, 0]), ("LDA", discriminant)):
        area = roc_auc_score(truth, axis)
        print(f"AUC {max(area, 1 - area):.3f}  {name}")
    print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pca_and_lda.png"))

"""Noisy copies of reviews, which make a network robust to comments as people type them.

Training on noisy inputs with the same labels: Belinkov and Bisk, "Synthetic and
natural noise both break neural machine translation", ICLR 2018.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SEED = 0
"""Of the choice of reviews and of each copy's noise: the same file always gives the same copies."""


def noisy_copies(texts: Sequence[str], share: float) -> tuple[NDArray[np.int64], list[str]]:
    """Copies of a share of the texts, each with one kind of `nsmc.text.noise.LEARNT`.

    Returns:
        Which texts were copied, in rising order, and the copies; none equals its original.
    """
    if not share:
        return np.empty(0, np.int64), []
    from nsmc.text.noise import LEARNT, perturb

    generator = np.random.default_rng(SEED)
    count = round(share * len(texts))
    chosen = np.sort(generator.permutation(len(texts))[:count])  # [count]
    shares = np.array(list(LEARNT.values()))  # [kinds]
    kinds = generator.choice(list(LEARNT), count, p=shares / shares.sum())  # [count]
    copies = [
        (row, noisy)
        for row, kind in zip(chosen.tolist(), kinds.tolist(), strict=True)
        if (noisy := perturb(texts[row], kind, row)) != texts[row]
    ]
    return np.array([row for row, _ in copies], np.int64), [noisy for _, noisy in copies]

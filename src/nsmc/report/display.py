"""A prediction in words, for a line of a terminal or a page."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from nsmc.messages.translate import tr
from nsmc.tasks.classes import ClassPrediction
from nsmc.tasks.predictions import Prediction
from nsmc.tasks.sentiment import KOREAN, SentimentPrediction
from nsmc.tasks.sentiment_stars import SentimentStarsPrediction
from nsmc.tasks.stars import StarsPrediction
from nsmc.text.width import display_width, padded

WIDEST = 24
"""Columns of a class name before its percentage, at most: a longer one moves what follows."""


@dataclass(frozen=True)
class DisplayText:
    """A prediction or a label for a person: ``긍정  98.7%``."""

    words: str
    tone: Literal["positive", "negative", "neutral"] = "neutral"
    """Which colour it may have."""


def display_text(prediction: Prediction, best: int = 1) -> DisplayText:
    """A prediction without its comment, as wide as any other: a dash for an illegible comment.

    Of classes it shows the ``best`` likeliest; of a task that isn't known here, JSON keys and
    values.
    """
    if isinstance(prediction, SentimentStarsPrediction):
        sentiment = _sentiment(prediction)
        return DisplayText(f"{sentiment.words}  {_stars(prediction.stars)}", sentiment.tone)
    if isinstance(prediction, SentimentPrediction):
        return _sentiment(prediction)
    if isinstance(prediction, ClassPrediction):
        return DisplayText(_classes(prediction, best))
    if isinstance(prediction, StarsPrediction):
        return DisplayText(_stars(prediction.stars))
    fields = {name: value for name, value in prediction.to_dict().items() if name != "text"}
    return DisplayText("  ".join(f"{name} {value}" for name, value in fields.items()))


def explained_text(prediction: Prediction) -> str:
    """What the numbers of an explanation sum to: ``긍정 98.7%``, for 부정 too.

    The explanation of a sentiment is of 긍정, whatever the label.
    """
    if isinstance(prediction, SentimentPrediction):
        return f"{KOREAN['positive']} {prediction.score or 0:.1%}"
    return " ".join(display_text(prediction).words.split())


def notes_text(prediction: Prediction) -> str:
    """What a prediction says of its comment beyond the label, in words; mostly nothing."""
    notes = [f"{one.typed} → {one.read}" for one in prediction.corrections]
    if prediction.unfamiliar:
        notes.append(tr("unfamiliar"))
    if prediction.truncated:
        notes.append(tr("{count:,} characters at the end not read", count=prediction.truncated))
    return ", ".join(" ".join(note.split()) for note in notes)


def _sentiment(prediction: SentimentPrediction) -> DisplayText:
    if not prediction.legible:
        return DisplayText("  —       —")
    words = f"{prediction.label_ko} {prediction.confidence or 0:6.1%}"
    if prediction.label == "undecided":
        return DisplayText(words)
    positive = prediction.label == "positive"
    if (prediction.confidence or 0) < 0.5:
        # The threshold isn't at even odds: the label is not the likelier one.
        score = prediction.score or 0
        words += f" ({KOREAN['positive']} {score:.1%})" if not positive else ""
    return DisplayText(words, "positive" if positive else "negative")


def _classes(prediction: ClassPrediction, best: int) -> str:
    """``경제  87.1%  사회   8.2%``."""
    shares = {name: share or 0.0 for name, share in prediction.probabilities.items()}
    names = sorted(shares, key=lambda name: -shares[name])[:best]
    width = _name_width(tuple(shares))
    if not prediction.legible:
        return "  ".join(f"{padded('—', width)} {'—':>6}" for _ in names)
    return "  ".join(f"{padded(' '.join(n.split()), width)} {shares[n]:6.1%}" for n in names)


@lru_cache
def _name_width(names: tuple[str, ...]) -> int:
    """Columns of the widest name, within reason."""
    return min(WIDEST, max(display_width(name) for name in names))


def _stars(stars: float | None) -> str:
    """``★9.3``; a dash of that width where there are none."""
    return "   —" if stars is None else f"★{stars:.1f}"

"""The words beside the numbers of an explanation, on a terminal and on a page."""

from dataclasses import dataclass

from nsmc.messages.translate import mark
from nsmc.tasks.task import ExplainedNumber


@dataclass(frozen=True)
class ExplanationLabels:
    """What the numbers of an explanation mean; to be translated where they are shown."""

    unit: str
    meaning: str
    """The number explained, in full."""
    below: str
    """What contributions below 0 speak for."""
    above: str
    """What contributions above 0 speak for."""
    signed: bool = True
    """Whether the number itself, as its contributions, is at 0 where it speaks for neither."""


EXPLANATION_LABELS: dict[ExplainedNumber, ExplanationLabels] = {
    "positive": ExplanationLabels(
        mark("log odds"),
        mark("log odds, ln(p / (1 − p)), of 긍정"),
        below=mark("부정"),
        above=mark("긍정"),
    ),
    "class": ExplanationLabels(
        mark("log odds"),
        mark("log odds, ln(p / (1 − p)), of the class that the comment gets"),
        below=mark("another class"),
        above=mark("its class"),
    ),
    "stars": ExplanationLabels(
        mark("stars"), mark("stars"), mark("fewer stars"), mark("more stars"), signed=False
    ),
}

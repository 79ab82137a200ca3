"""The objects of requests and answers, as OpenAPI shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

MOST_TEXTS = 1000
"""Comments in a request."""
LONGEST = 10_000
"""Characters (code points) of a comment."""
Comment = Annotated[str, Field(max_length=LONGEST, description="Any text, also an empty one.")]


class Options(BaseModel):
    """What a request may ask for beside a label."""

    model_config = ConfigDict(extra="forbid", strict=True)
    explain: bool = Field(False, description="Also the contribution of each morpheme.")
    exact: bool = Field(
        False, description="Ask the whole network also where n-grams alone are sure."
    )
    undecided_below: float = Field(
        0.0, ge=0, le=1, description="Label `undecided` (보류) where the confidence is below."
    )


class OneText(Options):
    """A comment; the answer is one prediction."""

    text: Comment


class ManyTexts(Options):
    """Comments; the answer is a list of as many predictions in their order."""

    texts: list[Comment] = Field(max_length=MOST_TEXTS)


def _kind(value: Any) -> str:
    """One comment unless there is a list of them, so that an error speaks of what was meant."""
    if isinstance(value, dict):
        return "many" if "texts" in value else "one"
    return "many" if isinstance(value, ManyTexts) else "one"


PredictRequest = Annotated[
    Annotated[OneText, Tag("one")] | Annotated[ManyTexts, Tag("many")], Discriminator(_kind)
]


class Part(BaseModel):
    """A morpheme and its contribution: above 0 for what is explained, below 0 against it."""

    start: int = Field(description="Its first code point in the text.")
    end: int = Field(description="The code point after its last.")
    morpheme: str
    contribution: float


class CorrectionAnswer(BaseModel):
    """A mistyped or new word, and as what it was read."""

    start: int = Field(description="Its first code point in the text.")
    end: int = Field(description="The code point after its last.")
    typed: str
    read: str
    kind: str = Field(description="`spelling`, or `word` of the table of new words.")


class PredictionAnswer(BaseModel):
    """What the model's task predicts; the keys of `nsmc predict --json`.

    Models of own classes or stars have other keys: see GET /v1/model.
    """

    model_config = ConfigDict(extra="allow")
    text: str
    label: str | None = Field(None, description="Null where nothing in the text is legible.")
    label_ko: str | None = None
    score: float | None = Field(None, description="The probability of positive.")
    confidence: float | None = Field(None, description="The probability of the label.")
    exact: bool | None = Field(None, description="False where n-grams alone were sure enough.")
    unfamiliar: bool | None = Field(
        None, description="True where the model knows too little of the text to be relied on."
    )
    unknown: float | None = Field(None, description="The share of units that are new to it.")
    truncated: int | None = Field(None, description="Characters at the end that weren't read.")
    corrections: list[CorrectionAnswer] | None = Field(
        None, description="Words that were read otherwise than typed."
    )
    parts: list[Part] | None = Field(None, description="With `explain`, in the text's order.")


class PredictionsAnswer(BaseModel):
    """A prediction for each comment."""

    predictions: list[PredictionAnswer]


class ErrorDetail(BaseModel):
    """What is wrong."""

    code: str = Field(description="For programs.")
    message: str = Field(description="What was expected, what was found, what to do next.")


class ErrorAnswer(BaseModel):
    """Any answer that isn't a result."""

    error: ErrorDetail


class ModelAnswer(BaseModel):
    """Which model answers, and what a request may hold."""

    version: str = Field(description="Of nsmc.")
    task: str
    labels: list[str]
    results: list[str] = Field(description="The columns that a scored table gains.")
    threshold: float | None
    units: str
    vocabulary: int
    limits: dict[str, int | float]


class ColumnsAnswer(BaseModel):
    """What a table holds."""

    columns: list[str]
    text_column: str | None = Field(description="The one that would be taken; null if unclear.")
    samples: dict[str, list[str]] = Field(description="The first cells of each column.")
    header: bool = Field(description="Whether the first line holds names; send it on as `header`.")


class Health(BaseModel):
    """How the process is."""

    status: Literal["ok", "ready", "stopping"]


def error_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Which errors an address may answer."""
    return {status: {"model": ErrorAnswer} for status in statuses}


EXAMPLES: Any = {
    "one": {"summary": "One comment", "value": {"text": "재밌다"}},
    "many": {"summary": "Several", "value": {"texts": ["재밌다", "돈이 아깝다"]}},
    "why": {
        "summary": "Why",
        "value": {"text": "연기는 좋은데 지루하다", "explain": True},
    },
}
PREDICTION_EXAMPLE = {
    "text": "재밌다",
    "label": "positive",
    "label_ko": "긍정",
    "score": 0.987,
    "confidence": 0.987,
}

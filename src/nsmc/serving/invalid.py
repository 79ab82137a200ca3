"""Requests of another form than OpenAPI shows: which part is wrong, without what it holds."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from nsmc.messages.translate import mark
from nsmc.serving.errors import ApiError

_TRUTH = mark("{where}: expected true or false; see /openapi.json")
_NUMBER = mark("{where}: expected a number; see /openapi.json")
_OBJECT = mark("{where}: expected a JSON object; see /openapi.json")
_TEXT = mark("{where}: expected a string of whole characters; see /openapi.json")
WORDS = {
    "missing": mark("{where}: expected a value, found none; see /openapi.json"),
    "extra_forbidden": mark("{where}: no such field is known beside the others; see /openapi.json"),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "string_too_long": mark(
        "{where}: expected at most {max_length:,} characters, found more; see /openapi.json"
    ),
    "list_type": mark("{where}: expected a list; see /openapi.json"),
    "too_long": mark(
        "{where}: expected at most {max_length:,} items, found more; send the rest next"
    ),
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than_equal": mark("{where}: expected {ge:g} or more; see /openapi.json"),
    "less_than_equal": mark("{where}: expected {le:g} or less; see /openapi.json"),
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
}
"""By pydantic's names of what is wrong, with the fields of its context."""


def known_query(request: Request) -> None:
    """Refuse options of a query that an address doesn't have: a mistyped one would do nothing.

    Raises:
        ApiError: 422.
    """
    known = {option.alias for option in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            raise invalid({"type": "extra_forbidden", "loc": ("query", name), "msg": ""})


def invalid(error: Mapping[str, Any]) -> ApiError:
    """The answer for one error that pydantic found."""
    where = ".".join(str(part)[:40] for part in error["loc"] if part not in ("one", "many"))
    message = WORDS.get(error["type"], "{where}: {problem}; see /openapi.json")
    values = {**error.get("ctx", {}), "where": where, "problem": error["msg"]}
    return ApiError(422, "invalid", message, **values)

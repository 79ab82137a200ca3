"""From plain values (TOML, JSON, ``--set``) to frozen dataclasses, with errors that name the field.

A section's fields are bool, int, float, str, a ``Literal`` of strings or a section of their own.
The docstring below each field is its help text. Not pydantic: it is one more import before every
scored comment, and the nearest right name and ``--set`` would have to be written around it.
"""

import ast
import contextlib
import dataclasses
import inspect
import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from nsmc.errors import UsageError, nearest
from nsmc.messages.translate import mark, tr

Section = TypeVar("Section")


def build(section: type[Section], values: Mapping[str, Any], where: str) -> Section:
    """Make ``section`` from ``values``; what is not given keeps its default.

    Args:
        section: a frozen dataclass.
        values: field names to values as TOML gives them.
        where: the section's name for messages, such as ``model``.

    Raises:
        UsageError: an unknown field, a value of the wrong type, or one that the dataclass refuses.
    """
    hints = get_type_hints(section)
    names = [field.name for field in dataclasses.fields(section)]  # type: ignore[arg-type]
    given: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{where}.{name}" if where else name
        if name not in names:
            raise UsageError(_unknown(path, name, names, is_section=not where))
        given[name] = _convert(hints[name], value, path)
    try:
        return section(**given)
    except ValueError as error:
        within = f"{where}: " if where else ""
        raise UsageError("configuration: {within}{error}", within=within, error=error) from error


def override(values: dict[str, Any], assignment: str, fields: Mapping[str, Any]) -> None:
    """Put one ``section.field=value`` into ``values``, the value read by the field's type.

    Args:
        values: plain values of a config, changed.
        assignment: a field of a nested section is ``section.nested.field``.
        fields: names of the config's fields, sections most of them, to their types.

    Raises:
        UsageError: the assignment has another form, or the section or field doesn't exist.
    """
    target, equals, text = assignment.partition("=")
    section, *path = target.strip().split(".")
    hint = fields.get(section)
    is_section = dataclasses.is_dataclass(hint)
    if not equals or not all(path) or (not path and (hint is None or is_section)):
        raise UsageError(
            "expected --set SECTION.FIELD=VALUE, found {assignment!r}; for example --set "
            "model.cell=lstm",
            assignment=assignment,
        )
    if path:
        if not is_section:
            known = [name for name, kind in fields.items() if dataclasses.is_dataclass(kind)]
            raise UsageError(_unknown(section, section, known, is_section=True))
        hint = _type_of(hint, path, section)  # type: ignore[arg-type]
    *within, field = section, *path
    place = values
    for name in within:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return  # a section of another type is refused when it is built
    place[field] = _parse(hint, text.strip())


def nested(section: type, name: str = "") -> Iterator[tuple[str, type]]:
    """A section and all within it by their full names, in the order TOML wants them."""
    yield name, section
    for field, hint in get_type_hints(section).items():
        if dataclasses.is_dataclass(hint):
            yield from nested(hint, f"{name}.{field}".lstrip("."))  # type: ignore[arg-type]


@cache
def field_help(section: type) -> dict[str, str]:
    """Field names to their help texts: the string below each in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(section)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    texts = {}
    for statement, following in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            texts[statement.target.id] = " ".join(str(following.value.value).split())
    return texts


def require(condition: bool, message: str, /, **values: object) -> None:
    """Refuse a field's value by ValueError, in ``__post_init__`` of a section."""
    if not condition:
        raise ValueError(tr(message, **values))


def require_at_least(section: object, least: int, *names: str) -> None:
    """Refuse a value below ``least`` of any of these fields."""
    for name in names:
        value = getattr(section, name)
        require(
            value >= least,
            "{name} must be at least {least}, found {value}"
            if least
            else "{name} must be 0 or more, found {value}",
            name=name,
            least=least,
            value=value,
        )


def require_at_most(section: object, most: int, *names: str) -> None:
    """Refuse a value above ``most`` of any of these fields."""
    for name in names:
        value = getattr(section, name)
        require(
            value <= most,
            "{name} must be at most {most:,}, found {value:,}",
            name=name,
            most=most,
            value=value,
        )


def require_share(section: object, *names: str) -> None:
    """Refuse a value that isn't from 0 to below 1 of any of these fields."""
    for name in names:
        value = getattr(section, name)
        require(
            0 <= value < 1,
            "{name} must be from 0 to below 1, found {value}",
            name=name,
            value=value,
        )


def require_below(section: object, first: str, second: str) -> None:
    """Refuse a first field that isn't below the second."""
    low, high = getattr(section, first), getattr(section, second)
    require(
        low < high,
        "{first} must be below {second}, found {low} and {high}",
        first=first,
        second=second,
        low=low,
        high=high,
    )


def _unknown(path: str, name: str, known: Iterable[str], *, is_section: bool) -> str:
    return tr(
        "configuration: there is no section {path!r}.{hint} Known here: {names}"
        if is_section
        else "configuration: there is no field {path!r}.{hint} Known here: {names}",
        path=path,
        hint=nearest(name, known),
        names=", ".join(sorted(known)),
    )


def _type_of(section: type, path: list[str], where: str) -> Any:
    """The type of the field at ``path``, through nested sections."""
    hints = get_type_hints(section)
    name, *rest = path
    hint = hints.get(name)
    if rest and dataclasses.is_dataclass(hint):
        return _type_of(hint, rest, f"{where}.{name}")  # type: ignore[arg-type]
    if rest or hint is None:
        raise UsageError(_unknown(".".join([where, *path]), name, hints, is_section=False))
    return hint


def _convert(hint: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise UsageError(
                "configuration: {path}: expected a section, found {value!r}", path=path, value=value
            )
        return build(hint, value, path)  # type: ignore[arg-type]
    if (options := _options(hint)) is not None:
        if value in options:
            return value
        raise UsageError(
            "configuration: {path}: expected one of {options}, found {value!r}.{hint}",
            path=path,
            options=", ".join(options),
            value=value,
            hint=nearest(str(value), options),
        )
    # bool is an int to Python, but not to a person who wrote `epochs = true`.
    if type(value) is hint and _is_usable(value, path):
        return value
    if hint is float and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise UsageError("configuration: {path}: the number is too large", path=path) from None
    raise UsageError(
        "configuration: {path}: expected {expected}, found {value!r} ({type})",
        path=path,
        expected=tr(_NAMES[hint]),
        value=value,
        type=type(value).__name__,
    )


def _is_usable(value: Any, path: str) -> bool:
    """True, unless a number is none or too large for any field."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(
            "configuration: {path}: expected a finite number, found {value}", path=path, value=value
        )
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise UsageError("configuration: {path}: the number is too large", path=path)
    return True


def _parse(hint: Any, text: str) -> Any:
    """Read the text of ``--set``; what doesn't read is left for `_convert` to refuse by name."""
    if _options(hint) is not None:
        return text
    if hint is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if hint in (int, float):
        with contextlib.suppress(ValueError):
            return hint(text)
    return text


def _options(hint: Any) -> tuple[str, ...] | None:
    return get_args(hint) if get_origin(hint) is Literal else None


_NAMES = {
    bool: mark("true or false"),
    int: mark("a whole number"),
    float: mark("a number"),
    str: mark("a text"),
}

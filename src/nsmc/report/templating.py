"""Jinja2 for the report's pages: all HTML is in the files of ``templates/``."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Fill a template of ``templates/`` with values; all text in them is escaped."""
    return writable(_environment().get_template(template).render(values))


def writable(text: str) -> str:
    """The text with ? for lone surrogates, which UTF-8 can't hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def signed(number: float) -> str:
    """A number with its sign, a true minus, to two places; 0.00 has none."""
    shown = f"{number:+.2f}"
    return "0.00" if shown in ("+0.00", "-0.00") else shown.replace("-", "\N{MINUS SIGN}")


def percent(share: float | None, digits: int = 2) -> str:
    """A share in percent, a dash for None."""
    return "–" if share is None else f"{share:.{digits}%}"


def decimal(number: float | None, digits: int = 2) -> str:
    """A number with so many decimals, a dash for None."""
    return "–" if number is None else f"{number:.{digits}f}"


@cache
def _environment() -> "Environment":
    # Jinja2 is imported only where a page is made, so that other commands start without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def raw(name: str) -> str:
        """A file of ``templates/`` as it is: style sheets and scripts."""
        return Markup((TEMPLATES / name).read_text(encoding="utf-8"))

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"decimal": decimal, "percent": percent, "signed": signed}
    environment.filters["count"] = "{:,}".format
    environment.globals["raw"] = raw
    return environment

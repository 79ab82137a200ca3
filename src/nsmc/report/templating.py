"""Jinja2 for the report's pages: all HTML is in the files of ``templates/``.

A page holds its texts in each language and shows one of them, which its reader chooses. In a
template, ``_("…")`` and ``{% trans %}`` give a text as a ``span`` for each language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import printable
from nsmc.messages.translate import LANGUAGES, in_language, language, tr

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Fill a template of ``templates/`` with values; text in them is `printable` and escaped."""
    return writable(_environment().get_template(template).render(values))


def in_each(make: Callable[[], Any]) -> dict[str, Any]:
    """What a function gives in each language, by the language."""
    made = {}
    for name in LANGUAGES:
        with in_language(name):
            made[name] = make()
    return made


@dataclass(frozen=True)
class Bilingual:
    """A text in each language for a page, whose reader sees one of them."""

    texts: dict[str, str]
    """By the language; escaped unless it is Markup."""

    def __html__(self) -> str:
        from markupsafe import Markup, escape

        if len(set(self.texts.values())) == 1:
            return escape(visible(self.texts[LANGUAGES[0]]))
        pair = Markup('<span class="{0}" lang="{0}">{1}</span>')
        return "".join(pair.format(name, visible(text)) for name, text in self.texts.items())


def bilingual(make: Callable[[], str]) -> Bilingual:
    """What a function says, in each language."""
    return Bilingual(in_each(make))


def merged(texts: dict[str, Any]) -> Any:
    """Plain values in each language as one, with a dictionary of languages where they differ."""
    first, *others = texts.values()
    if all(other == first for other in others):
        return first
    if isinstance(first, dict):
        return {key: merged({name: one[key] for name, one in texts.items()}) for key in first}
    if isinstance(first, list):
        rows = zip(*texts.values(), strict=True)
        return [merged(dict(zip(texts, row, strict=True))) for row in rows]
    return texts


def visible(value: Any) -> Any:
    """A value for a page: text in it is `nsmc.errors.printable`, unless it is Markup."""
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    if isinstance(value, dict):
        return {visible(key): visible(one) for key, one in value.items()}
    return [*map(visible, value)] if isinstance(value, list) else value


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


def _gettext(message: str, **values: Any) -> Bilingual:
    """A text of a template; fields such as ``%(name)s`` may be bilingual themselves."""
    from markupsafe import Markup

    def text() -> str:
        own = {
            name: visible(value.texts[language()] if isinstance(value, Bilingual) else value)
            for name, value in values.items()
        }
        # Not escaped, for it may hold HTML: it is of a template or the catalog.
        return Markup(tr(message)) % own

    return bilingual(text)


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
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals["gettext"] = _gettext
    environment.globals["language"] = language
    environment.filters |= {"decimal": decimal, "percent": percent, "signed": signed}
    environment.filters["count"] = "{:,}".format
    environment.globals["raw"] = raw
    return environment

"""What argparse says of a wrong command line, in the reader's language.

argparse asks gettext for a translation, which takes the language from the system alone and its
texts from binary files. Its errors come to `ArgumentParser.error` in English, so here they are
matched with the forms that they have in Python 3.11 to 3.13; one of another form stays English.
"""

import re

from nsmc.messages.translate import mark, tr

FORMS = (
    mark("argument {name}: {problem}"),
    mark("the following arguments are required: {names}"),
    mark("one of the arguments {names} is required"),
    mark("not allowed with argument {name}"),
    mark("expected one argument"),
    mark("expected at most one argument"),
    mark("expected at least one argument"),
    mark("ambiguous option: {option} could match {names}"),
    mark("ignored explicit argument {value}"),
    mark("invalid choice: {value} (choose from {names})"),
    mark("invalid int value: {value}"),
    mark("invalid float value: {value}"),
    mark("invalid count value: {value}"),
)


def translated(message: str) -> str:
    """A message of argparse's in the reader's language, and that within it."""
    for form in FORMS:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(form))
        if found := re.fullmatch(pattern, message, re.DOTALL):
            values = found.groupdict()
            if "problem" in values:
                values["problem"] = translated(values["problem"])
            return tr(form, **values)
    return message

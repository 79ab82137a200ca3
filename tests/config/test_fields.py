"""A section takes what its fields are declared as, and says by name what it doesn't take."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from nsmc.config.fields import build, field_help, nested, override, require
from nsmc.config.schema import Config
from nsmc.errors import UsageError, nearest


@dataclass(frozen=True)
class Part:
    """A section with a field of each kind."""

    count: int = 3
    """How many."""
    share: float = 0.5
    """How much,
    told over two lines."""
    name: str = "first"
    """What it is called."""
    loud: bool = False
    """Whether it is heard."""
    colour: Literal["red", "green", "dark blue"] = "red"
    """How it looks."""

    def __post_init__(self) -> None:
        require(self.count >= 1, f"count must be at least 1, found {self.count}")


@dataclass(frozen=True)
class Whole:
    """Sections by name."""

    part: Part = field(default_factory=Part)


@dataclass(frozen=True)
class Outer:
    """A section with one within."""

    width: int = 1
    """How wide."""
    inner: Part = field(default_factory=Part)
    """What is within."""
    depth: int = 2
    """How deep."""


@dataclass(frozen=True)
class Top:
    """A field of its own, and sections."""

    kind: Literal["one", "other"] = "one"
    """Which of the two."""
    outer: Outer = field(default_factory=Outer)
    part: Part = field(default_factory=Part)


TOP = {"kind": Literal["one", "other"], "outer": Outer, "part": Part}


def refusal(values: Any) -> str:
    with pytest.raises(UsageError) as caught:
        build(Part, values, "part")
    return str(caught.value)


def overridden(assignment: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    override(values, assignment, TOP)
    return values


def test_each_kind_of_value_is_taken_as_it_is() -> None:
    values = {"count": 7, "share": 0.25, "name": "이름", "loud": True, "colour": "dark blue"}
    assert dataclasses.asdict(build(Part, values, "part")) == values
    assert type(build(Part, {"share": 2}, "part").share) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": True}, "part.count: expected a whole number, found True (bool)"),
        ({"count": 2.0}, "part.count: expected a whole number, found 2.0 (float)"),
        ({"count": "2"}, "part.count: expected a whole number, found '2' (str)"),
        ({"count": [2]}, "part.count: expected a whole number, found [2] (list)"),
        ({"count": None}, "part.count: expected a whole number, found None (NoneType)"),
        ({"share": True}, "part.share: expected a number, found True (bool)"),
        ({"share": "0.5"}, "part.share: expected a number, found '0.5' (str)"),
        ({"share": 10**400}, "part.share: the number is too large"),
        ({"name": 5}, "part.name: expected a text, found 5 (int)"),
        ({"loud": 1}, "part.loud: expected true or false, found 1 (int)"),
        ({"loud": "true"}, "part.loud: expected true or false, found 'true' (str)"),
        ({"count": 0}, "part: count must be at least 1, found 0"),
        (
            {"cuont": 3},
            "there is no field 'part.cuont'. Did you mean 'count'? "
            "Known here: colour, count, loud, name, share",
        ),
        (
            {"zzzzzz": 3},
            "there is no field 'part.zzzzzz'. Known here: colour, count, loud, name, share",
        ),
        (
            {"colour": "gren"},
            "part.colour: expected one of red, green, dark blue, found 'gren'. "
            "Did you mean 'green'?",
        ),
        *(
            ({"colour": v}, f"part.colour: expected one of red, green, dark blue, found {v!r}.")
            for v in ("", 3, True, ["red"], {"red": 1})
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], message: str) -> None:
    assert refusal(values).startswith(f"configuration: {message}")


def test_nested_sections() -> None:
    assert build(Whole, {"part": {"count": 4}}, "") == Whole(Part(count=4))
    with pytest.raises(UsageError, match=r"there is no section 'prat'\. Did you mean 'part'\?"):
        build(Whole, {"prat": {}}, "")
    with pytest.raises(UsageError, match=r"part: expected a section, found 3"):
        build(Whole, {"part": 3}, "")
    with pytest.raises(UsageError, match=r"part\.count: expected a whole number, found 'x'"):
        build(Whole, {"part": {"count": "x"}}, "")
    values: dict[str, Any] = {"part": 3}
    override(values, "part.count=5", TOP)  # leaves the section of a wrong type as it is
    assert values == {"part": 3}


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("part.count= 1_000 ", "count", 1000),
        ("part.share=0.25", "share", 0.25),
        ("part.share=1e-3", "share", 0.001),
        ("part.share=2", "share", 2.0),
        ("part.loud=true", "loud", True),
        ("part.loud=False", "loud", False),
        ("part.name=17", "name", "17"),
        ("part.name=true", "name", "true"),
        ("part.name=a=b", "name", "a=b"),
        ("part.name=", "name", ""),
        ("part.name=/some place/사전", "name", "/some place/사전"),
        ("part.colour=dark blue", "colour", "dark blue"),
        (" part.count = 7", "count", 7),
    ],
)
def test_an_assignment_is_read_by_the_type_of_its_field(
    assignment: str, name: str, value: object
) -> None:
    result = overridden(assignment)["part"][name]
    assert result == value
    assert type(result) is type(value)
    assert getattr(build(Part, {name: result}, "part"), name) == value


@pytest.mark.parametrize("assignment", ["", "part", "part.count", "count=3", "part.=3", "=3", "."])
def test_an_assignment_of_another_form_is_refused_with_an_example(assignment: str) -> None:
    with pytest.raises(UsageError) as caught:
        overridden(assignment)
    assert str(caught.value) == (
        f"expected --set SECTION.FIELD=VALUE, found {assignment!r}; for example "
        "--set model.cell=lstm"
    )


def test_assignments_reach_sections_within_sections_and_fields_outside_of_any() -> None:
    values: dict[str, Any] = {"outer": {"inner": {"name": "kept", "count": 1}}}
    inner = ("outer.inner.count=4", "outer.inner.count=5")
    for assignment in (*inner, "outer.width=4", "kind=other", "part.loud=true"):
        override(values, assignment, TOP)
    assert build(Top, values, "") == Top(
        kind="other", outer=Outer(4, Part(5, name="kept")), part=Part(loud=True)
    )


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("outer.inner.conut=3", "no field 'outer.inner.conut'. Did you mean 'count'? Known here: "),
        ("outer.iner.count=3", "no field 'outer.iner.count'. Did you mean 'inner'? Known here: d"),
        ("outer.inner.count.more=3", "there is no field 'outer.inner.count.more'."),
        ("outer.inner=3", "outer.inner: expected a section, found '3'"),
        ("outer.inner.count=many", "outer.inner.count: expected a whole number, found 'many'"),
        ("outer.inner.count=0", "outer.inner: count must be at least 1, found 0"),
        ("outer.inner.=3", "expected --set SECTION.FIELD=VALUE, found 'outer.inner.=3'"),
        ("outer=3", "expected --set SECTION.FIELD=VALUE, found 'outer=3'"),
        ("kind=oter", "kind: expected one of one, other, found 'oter'. Did you mean 'other'?"),
        ("kind.more=3", "there is no section 'kind'. Known here: outer, part"),
        ("prat.count=3", "there is no section 'prat'. Did you mean 'part'? Known here: outer, par"),
        (".count=3", "there is no section ''."),
        ("part.conut=3", "there is no field 'part.conut'. Did you mean 'count'?"),
        ("part.count.more=3", "there is no field 'part.count.more'."),
        ("part.count=2.5", "part.count: expected a whole number, found '2.5' (str)"),
        ("part.count=true", "part.count: expected a whole number, found 'true' (str)"),
        ("part.count=", "part.count: expected a whole number, found '' (str)"),
        ("part.share=much", "part.share: expected a number, found 'much' (str)"),
        ("part.loud=1", "part.loud: expected true or false, found '1' (str)"),
        ("part.loud=yes", "part.loud: expected true or false, found 'yes' (str)"),
        ("part.colour=rde", "part.colour: expected one of red, green, dark blue, found 'rde'"),
    ],
)
def test_a_wrong_assignment_is_refused_by_the_full_name(assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(Top, overridden(assignment), "")
    assert message in str(caught.value)


def test_sections_are_in_the_order_of_a_file() -> None:
    sections = [("", Top), ("outer", Outer), ("outer.inner", Part), ("part", Part)]
    assert list(nested(Top)) == sections


def test_the_help_of_a_field_is_the_text_below_it() -> None:
    assert field_help(Part) == {
        "count": "How many.",
        "share": "How much, told over two lines.",
        "name": "What it is called.",
        "loud": "Whether it is heard.",
        "colour": "How it looks.",
    }


@pytest.mark.parametrize("section", [s for path, s in nested(Config) if path])
def test_every_field_of_a_recipe_has_a_help_text(section: type) -> None:
    texts = field_help(section)
    assert list(texts) == [f.name for f in dataclasses.fields(section)]
    for name, text in texts.items():
        assert len(text) > 10, name
        assert text[0].isupper() or text[0] == "`", name
        assert text.endswith("."), name


def test_nearest_is_empty_when_nothing_is_near() -> None:
    assert nearest("predcit", ["predict", "prepare"]) == " Did you mean 'predict'?"
    assert nearest("한글", ["predict", "prepare"]) == ""
    assert nearest("predict", []) == ""

"""A module that an import only names loads when something of it is asked for."""

import importlib
import sys
from pathlib import Path

import pytest

from nsmc.text.libraries import import_when_used


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package ``whole`` with a module ``part``, which says when it runs, and who imports it."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "__init__.py").touch()
    part = (
        "import sys\nsys.ran += 1\nanswer = 42\ndef change():\n    global answer\n    answer = 43\n"
    )
    (tmp_path / "whole" / "part.py").write_text(part, encoding="utf-8")
    user = (
        "import whole.part as part\nfrom whole import part as same\ndef ask(): return part.answer\n"
    )
    (tmp_path / "user.py").write_text(user, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "ran", 0, raising=False)
    for name in ("whole", "whole.part", "user"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setitem(sys.modules, name, sys)  # so that it is taken out at the end
        del sys.modules[name]
    return "whole.part"


def ran() -> int:
    return int(vars(sys)["ran"])


def test_it_loads_once_and_when_it_is_used(package: str) -> None:
    import_when_used(package)
    user = importlib.import_module("user")
    assert ran() == 0
    assert user.ask() == 42
    user.part.change()
    assert (user.ask(), user.same.answer, ran()) == (43, 43, 1)
    # Whoever imports it afterwards gets the module itself, by either name.
    whole = importlib.import_module("whole")
    assert whole.part is importlib.import_module(package) is sys.modules[package]
    assert (vars(whole.part)["answer"], ran()) == (43, 1)


def test_a_loaded_module_and_a_missing_one_are_left_alone(package: str) -> None:
    module = importlib.import_module(package)
    import_when_used(package)
    assert sys.modules[package] is module
    import_when_used("no_module_of_this_name")
    assert "no_module_of_this_name" not in sys.modules
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing

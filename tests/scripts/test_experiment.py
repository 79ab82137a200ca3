"""The runner knows every experiment, and writes a command that repeats a run anywhere."""

import pytest
from experiment import command_of, load_experiment, main, make_parser, named


@pytest.mark.slow
def test_every_experiment_is_listed_with_what_it_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["experiment.py", "--list"])
    main()
    listed = capsys.readouterr().out
    for name in named():
        assert f"\n  {name} " in listed
    assert len(named()) == 20
    monkeypatch.setattr("sys.argv", ["experiment.py", "sells"])
    with pytest.raises(SystemExit, match="no experiment 'sells'; expected one of audit, behaviour"):
        main()


@pytest.mark.parametrize(
    ("name", "arguments", "command"),
    [
        (
            "cells",
            "--data /home/me/nsmc --data-name NSMC-R --output x --seeds 1 2",
            "cells --data DIR --data-name NSMC-R --output runs/cells --seeds 1 2",
        ),
        (
            "classes",
            "--data=t.csv --data-name=own --output=x --set=a.b=1 --set=a.c=2",
            "classes --data FILE --data-name own --output runs/classes --set a.b=1 --set a.c=2",
        ),
        ("behaviour", "--results /tmp/new.json", "behaviour"),
        ("behaviour", "--model /home/me/run", "behaviour --model DIR"),
    ],
)
def test_a_command_repeats_a_run_and_names_no_path(name: str, arguments: str, command: str) -> None:
    parser = make_parser(name, load_experiment(name))
    args = parser.parse_args(arguments.split())
    assert command_of(name, parser, args) == f"python scripts/experiment.py {command}"

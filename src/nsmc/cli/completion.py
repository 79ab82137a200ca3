"""`nsmc completion`: what a shell needs to complete commands, options and file names."""

import argparse
from pathlib import Path

EPILOG = """examples:
  nsmc completion bash > ~/.local/share/bash-completion/completions/nsmc
  nsmc completion zsh > ~/.zfunc/_nsmc   (a directory in fpath, before compinit)"""
SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("shell", choices=SHELLS, help="the shell to complete in")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from nsmc.cli.main import make_parser

    parser = make_parser(whole=True)
    for command in (parser, *_commands(parser)):
        for action in command._actions:  # argparse has no public list of them
            if action.type is Path:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell=args.shell))
    return 0


def _commands(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return [command for group in groups for command in group.choices.values()]

"""``nsmc`` and ``python -m nsmc``."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    from nsmc.cli.main import run

    sys.exit(run(sys.argv[1:]))


# A worker process that spawn starts imports this file under another name.
if __name__ == "__main__":
    main()

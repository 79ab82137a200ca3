"""``nsmc`` and ``python -m nsmc``."""

import gc
import os
import sys

COLLECT_AFTER = 10_000
"""New objects after which unreachable ones are looked for. With Python's 700, all that imports make
is looked through seventy times, a twentieth of the time of a typed comment, for nothing."""


def main() -> None:
    """Run the command line and end the process with its exit status."""
    if sys.getfilesystemencoding() == "ascii":
        # LC_ALL=C without Python's own remedies: Hangul arguments and file names would be mangled.
        interpreter = [sys.executable, "-X", "utf8", "-m", "nsmc"]
        os.execv(sys.executable, [*interpreter, *sys.argv[1:]])
    gc.set_threshold(COLLECT_AFTER)
    from nsmc.cli.main import run

    sys.exit(run(sys.argv[1:]))


# A worker process that spawn starts imports this file under another name.
if __name__ == "__main__":
    main()

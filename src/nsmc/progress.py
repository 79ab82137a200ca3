"""Progress bars where a person looks: on a terminal or in a notebook, nowhere else."""

import contextlib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Self

from nsmc.errors import printable
from nsmc.messages.translate import tr


def in_notebook() -> bool:
    """Whether the process runs the cells of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "IPKernelApp" in shell.config


def progress_bar(**options: Any) -> Any:
    """A tqdm bar: a widget in a notebook, else on standard error if that is a terminal.

    Where nobody would see it, or tqdm isn't installed, it is one that does nothing.
    """
    with contextlib.suppress(ModuleNotFoundError):
        if in_notebook():
            with warnings.catch_warnings():
                # That ipywidgets is missing: the bar is then one of text.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

            return tqdm(**options)
        if sys.stderr is not None and sys.stderr.isatty():
            from tqdm import tqdm

            return tqdm(file=sys.stderr, dynamic_ncols=True, **options)
    return _NoBar()


class _NoBar:
    """What takes the place of a bar that nobody sees."""

    disable, total, n = True, 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **options: None


@contextlib.contextmanager
def ticking(bar: Any) -> Iterator[Any]:
    """Redraw a bar each second, so that its clock goes on between two updates; then close it."""
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(1):
            bar.refresh()

    with bar:
        if not bar.disable:
            threading.Thread(target=tick, daemon=True).start()
        try:
            yield bar
        finally:
            ended.set()


@contextlib.contextmanager
def review_progress(*stages: str, **options: Any) -> Iterator[Callable[[int, int], None]]:
    """Give what shows reviews done since the last call of all, stage after stage."""
    names = iter(stages)
    with ticking(progress_bar(unit=tr("reviews"), desc=next(names), **options)) as bar:

        def advance(done: int, total: int) -> None:
            if bar.total == bar.n and not bar.disable:
                bar.reset(total)
                bar.set_description(next(names))
            bar.total = total
            bar.update(done)

        yield advance


@contextlib.contextmanager
def table_progress(name: str) -> Iterator[Callable[[int, int, int], None]]:
    """Give what shows how far a table is done: bytes done, bytes in all, rows."""
    with ticking(progress_bar(unit="B", unit_scale=True, desc=printable(name))) as bar:

        def advance(done: int, total: int, rows: int) -> None:
            bar.total = total
            bar.set_postfix_str(tr("{rows:,} rows", rows=rows), refresh=False)
            bar.update(done - bar.n)

        yield advance


@contextlib.contextmanager
def reporting(
    progress: Callable[..., None] | None,
    verbose: bool,
    bar: Callable[[], contextlib.AbstractContextManager[Callable[..., None]]],
) -> Iterator[Callable[..., None] | None]:
    """Give whom to report to: the caller's ``progress``, else a bar if ``verbose``, else nobody."""
    if progress is not None or not verbose:
        yield progress
        return
    with bar() as advance:
        yield advance

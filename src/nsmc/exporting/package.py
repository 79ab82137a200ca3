"""A model in the form in which it is passed on: a wheel of its own, or a folder for a model hub."""

import re
import tempfile
from pathlib import Path

from nsmc._version import __version__
from nsmc.errors import NsmcError, UsageError
from nsmc.inference.directory import ModelDirectory
from nsmc.inference.model_names import ENTRY_POINTS
from nsmc.storage.bundle import MANIFEST
from nsmc.storage.files import atomic_write, cannot_write, whole_directory

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Names of distributions, as packaging.python.org specifies them."""
VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?", re.ASCII)
"""Public versions without an epoch (PEP 440)."""


def check_name(name: str, version: str) -> None:
    """Refuse what an index would refuse, before anything is written.

    Raises:
        UsageError: it isn't a distribution's name or version.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            "expected a name of letters, digits and . _ - such as nsmc-topics, found {name!r}",
            name=name,
        )
    if not VERSION.fullmatch(version):
        raise UsageError(
            "expected a version such as 1.0 or 2.1.post1, found {version!r}", version=version
        )


def files_of(model: ModelDirectory) -> list[Path]:
    """The files of a model directory, all of which its manifest vouches for."""
    return sorted(path for path in model.path.iterdir() if path.is_file())


def write_hub_folder(model: ModelDirectory, output: Path, card: str) -> Path:
    """Write a model's files and its card, as ``README.md`` with the head that hubs read.

    Raises:
        NsmcError: the place holds other things or can't be written.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file():
        raise NsmcError(
            "{output} holds other things; give a new directory as --output", output=output
        )
    with whole_directory(output) as directory:
        for file in files_of(model):
            (directory / file.name).write_bytes(file.read_bytes())
        head = (
            "---\nlanguage: ko\nlibrary_name: nsmc\npipeline_tag: text-classification\n"
            f"tags: [nsmc, korean, {model.config.task}]\n---\n\n"
        )
        (directory / "README.md").write_text(head + card, encoding="utf-8")
    return output


def write_wheel(model: ModelDirectory, output: Path, card: str, name: str, version: str) -> Path:
    """Write a wheel into a directory; once installed, ``nsmc.load(name)`` opens its model.

    Raises:
        NsmcError: the place can't be written, or ``wheel`` isn't installed.
    """
    try:
        from wheel.wheelfile import WheelFile
    except ImportError as error:
        raise NsmcError(
            'a wheel is written by the package wheel; install it: pip install "nsmc[hub]"'
        ) from error
    module = re.sub(r"[-_.]+", "_", name).lower()  # also the name in the file's name (PEP 503)
    metadata = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Summary: A model for nsmc.load({name!r})\nRequires-Dist: nsmc>={__version__}\n"
        f"Description-Content-Type: text/markdown\n\n{card}"
    )
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        contents = root / "contents"
        package_files = contents / module
        about = contents / f"{module}-{version}.dist-info"
        package_files.mkdir(parents=True)
        about.mkdir()
        summary = f'"""A model for nsmc: `nsmc.load({name!r})`."""\n'
        (package_files / "__init__.py").write_text(summary, encoding="utf-8")
        (package_files / "model").mkdir()
        for file in files_of(model):
            (package_files / "model" / file.name).write_bytes(file.read_bytes())
        (about / "METADATA").write_text(metadata, encoding="utf-8")
        tags = "Wheel-Version: 1.0\nGenerator: nsmc\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        (about / "WHEEL").write_text(tags, encoding="utf-8")
        entry = f"[{ENTRY_POINTS}]\n{name} = {module}\n"
        (about / "entry_points.txt").write_text(entry, encoding="utf-8")
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(output, error) from error
        target = output / f"{module}-{version}-py3-none-any.whl"
        # The class takes the name, version and tags from the file's name.
        built = root / target.name
        with WheelFile(built, "w") as archive:
            archive.write_files(str(contents))
        with atomic_write(target) as partial:
            partial.write_bytes(built.read_bytes())
    return target

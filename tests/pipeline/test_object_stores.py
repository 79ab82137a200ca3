"""Tables of an object store are scored as those of a directory, and only once.

`local://` is fsspec's file system of this machine, reached as any other of its stores; S3 itself is
asked where ``moto``, a server of it, is installed: ``pip install "moto[server]"``.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nsmc
from nsmc.cli.main import run
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.output_records import PARTS, SUCCESS
from nsmc.storage.files import sha256_of
from nsmc.storage.objects import ObjectPath, path_or_object, store
from tests.pipeline.conftest import NAMES, names_in


def test_a_directory_of_a_store_becomes_what_one_of_this_machine_does(
    classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = nsmc.score_files(classifier, f"local://{source}", f"local://{out}/")
    expected = nsmc.score_files(classifier, source, tmp_path / "here")
    assert result == expected
    assert names_in(out) == names_in(tmp_path / "here")
    for name in NAMES:
        assert (out / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    whole = json.loads((out / SUCCESS).read_text("utf-8"))
    assert whole["rows"] == result.rows == 12
    for entry in whole["files"]:
        assert entry["output"]["sha256"] == sha256_of(out / entry["name"])
        assert entry["source"]["sha256"] == sha256_of(source / entry["name"])


def test_what_is_done_in_a_store_is_not_done_again(
    classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def score(pattern: str = "", **options: Any) -> Any:
        return nsmc.score_files(
            classifier, f"local://{source}{pattern}", f"local://{out}", **options
        )

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(workers=1, progress=stop)
    assert not (out / SUCCESS).exists()
    assert len(list((out / PARTS).iterdir())) == 2  # what was before, and the file
    result = score()
    assert (result.files, result.done_before) == (4, 1)
    assert not list((out / PARTS).glob("*"))
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert score().done_before == 4
    assert {path: path.stat().st_mtime_ns for path in times} == times
    (source / "a.csv").write_text("document\n노잼\n", "utf-8")
    (out / "f.parquet").unlink()
    result = score()
    assert (result.done_before, result.rows) == (2, 10)
    with pytest.raises(nsmc.UsageError, match=r"in another way \(column None, now document"):
        score(column="document")
    (source / "bad.csv").write_text("document,n\n재밌다,1,2\n", "utf-8")
    with pytest.raises(nsmc.DataError, match=rf"1 of 5 files .*local://{source}/bad\.csv, row 1"):
        score()
    assert score("/b/**/*.*[!d]").files == 2


def test_what_would_mix_is_refused(
    classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    for target in (source, tmp_path):
        with pytest.raises(nsmc.UsageError, match="apart from the input"):
            nsmc.score_files(classifier, f"local://{source}", f"local://{target}")
    with pytest.raises(nsmc.UsageError, match="expected an empty directory"):
        nsmc.score_files(classifier, source / "b", f"local://{source}")
    with pytest.raises(nsmc.DataError, match=r"expected tables in local://.*, found no file"):
        nsmc.score_files(classifier, f"local://{source}/*.xlsx", tmp_path / "out")
    with pytest.raises(nsmc.NsmcError, match=r"cannot read what://shop/in: .*check the address"):
        nsmc.score_files(classifier, "what://shop/in", tmp_path / "out")


def test_a_table_and_its_bad_rows_go_to_a_store(
    model: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "a.csv").write_text("document,n\n재밌다,1,2\n노잼,1\n", "utf-8")
    given = ["predict", "--model", str(model), "--skip-bad-rows", "--input"]
    given += [f"local://{source}/a.csv", "--output"]
    assert run([*given, f"local://{tmp_path}/out.csv"]) == 0
    assert run([*given, str(tmp_path / "here.csv")]) == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    for name in ("out", "here"):
        assert "재밌다" in (tmp_path / f"{name}.bad-rows.csv").read_text("utf-8")
    said = capsys.readouterr().err
    assert f"they are in local://{tmp_path}/out.bad-rows.csv" in said
    assert f"1 rows scored into local://{tmp_path}/out.csv" in said
    assert run(["predict", "--input", "local:///nothing.csv", "--output", "-"]) == 1
    assert "expected a file at local:///nothing.csv, found none" in capsys.readouterr().err


def test_a_uri_is_told_from_a_path(tmp_path: Path) -> None:
    assert path_or_object("C:/a.csv") == Path("C:/a.csv")
    assert path_or_object("file:///a%20b.csv") == Path("/a b.csv")
    place = path_or_object("s3://me:secret@shop/in/?scheme=http")
    assert place == ObjectPath("s3://me:secret@shop/in", "scheme=http")
    assert str(place) == "s3://shop/in"


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The URI of a bucket of a real server of S3's protocol, and what comes after a name in it."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret"}
    before = dict(os.environ)
    os.environ.update(keys)
    try:
        from pyarrow.fs import FileSystem

        query = f"scheme=http&endpoint_override={host}:{port}&region=us-east-1"
        system, _ = FileSystem.from_uri(f"s3://shop?{query}&allow_bucket_creation=true")
        system.create_dir("shop")
        yield f"s3://shop/{{}}?{query}"
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_directory_of_s3(
    bucket: str, model: Path, classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    place = uuid.uuid4().hex
    for name in names_in(source):
        target = path_or_object(bucket.format(f"{place}/in/{name}"))
        assert isinstance(target, ObjectPath)
        store(source / name, target)
    there, out = (bucket.format(f"{place}/{name}") for name in ("in", "out"))
    result = nsmc.score_files(classifier, there, out)
    assert result == nsmc.score_files(classifier, source, tmp_path / "here")
    assert nsmc.score_files(classifier, there, out).done_before == 4
    # What is there, read back by the same means.
    nsmc.score_files(classifier, out, tmp_path / "again")
    nsmc.score_files(classifier, tmp_path / "here", tmp_path / "again here")
    shutil.rmtree(tmp_path / "again" / SUCCESS, ignore_errors=True)
    for name in NAMES:
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (tmp_path / "again here" / name).read_bytes()
    one = bucket.format(f"{place}/in/a.csv")
    command = ["predict", "--model", str(model), "--input", one, "--output"]
    assert run([*command, str(tmp_path / "one.csv")]) == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "here" / "a.csv").read_bytes()

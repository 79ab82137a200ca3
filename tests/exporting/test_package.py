"""A model passed on as a wheel and as a hub's folder, opened again by its name."""

import http.server
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from nsmc.cli.main import run
from nsmc.inference.directory import SHIPPED

pytest.importorskip("wheel")
PREDICT = "import nsmc, sys; print(nsmc.load(sys.argv[1]).predict('재밌다').label_ko)"


def predicted(name: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PREDICT, name],
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_a_wheel_opens_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["package", "shipped", "--name", "Films.ko", "--version", "2.1"]
    assert run([*command, "--output", str(tmp_path / "dist")]) == 0
    wheel = Path(capsys.readouterr().out.strip())
    assert wheel.name == "films_ko-2.1-py3-none-any.whl"
    site = tmp_path / "site"
    install = ["pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([sys.executable, "-m", *install, wheel], check=True)
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    assert predicted("Films.ko", PYTHONPATH=path).stdout.strip() == "긍정"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read("films_ko-2.1.dist-info/METADATA").decode()
    assert "Version: 2.1" in metadata and "# Films.ko" in metadata


def test_a_place_that_cannot_be_written_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "dist"):
        assert run(["package", "shipped", "--name", "films", "--output", str(place)]) == 1
        assert f"cannot write {place}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [["--name", "-films"], *(["--name", "films", "--version", one] for one in ("new", "１.0"))],
)
def test_what_an_index_would_refuse_is_refused_first(
    option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "dist"
    command = ["package", "shipped", "--output", str(output)]
    if option[1].startswith("-"):
        option = [f"--name={option[1]}"]
    assert run([*command, *option]) == 2
    assert "expected a" in capsys.readouterr().err and not output.exists()


def test_a_hubs_folder_leaves_other_things_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert run(["package", "shipped", "--name", "films", "--hub", "--output", str(tmp_path)]) == 1
    assert "holds other things" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


class _Hub(http.server.SimpleHTTPRequestHandler):
    """As much of the hub as fetching one model needs: its list of files, and each of them."""

    folder: Path

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        names = sorted(path.name for path in self.folder.iterdir())
        if self.path.startswith("/api/models/owner/films/tree/"):
            sizes = {name: (self.folder / name).stat().st_size for name in names}
            tree = [
                {"type": "file", "path": name, "size": sizes[name], "oid": f"{number:040}"}
                for number, name in enumerate(names)
            ]
            content, kind = json.dumps(tree).encode(), "application/json"
        elif self.path.startswith("/api/models/owner/films"):
            siblings = [{"rfilename": name} for name in names]
            about = {"id": "owner/films", "sha": "a" * 40, "siblings": siblings}
            content, kind = json.dumps(about).encode(), "application/json"
        elif (name := self.path.rpartition("/")[2]) in names and "/owner/films/" in self.path:
            content, kind = (self.folder / name).read_bytes(), "application/octet-stream"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{len(content)}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_a_model_of_the_hub_opens_by_its_name(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    folder = tmp_path / "folder"
    assert run(["package", "shipped", "--name", "films", "--hub", "--output", str(folder)]) == 0
    head = (folder / "README.md").read_text(encoding="utf-8").split("---")[1]
    assert "language: ko" in head and "library_name: nsmc" in head
    assert (folder / "manifest.json").read_bytes() == (SHIPPED / "manifest.json").read_bytes()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Hub", (_Hub,), {"folder": folder})
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    local = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_DISABLE_XET": "1",
    }
    try:
        assert predicted("owner/films", **local).stdout.strip() == "긍정"
        missing = predicted("owner/other", **local).stderr
        assert "Hugging Face hub gave none of that name" in missing
    finally:
        server.shutdown()
        server.server_close()
    # Once fetched, it needs the network no more.
    assert predicted("owner/films", HF_HUB_OFFLINE="1", **local).stdout.strip() == "긍정"

"""From `throughline serve` to the first page in hand, against a server that says only hello."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _figure import ROOT, figure, in_turns, tell

RUNS = 5
PROMISED_SECONDS = 2.5
HELLO = """
import uvicorn
async def hello(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})
uvicorn.run(hello, port=PORT, log_level="error", lifespan="off")
"""


def main() -> None:
    """Measure both in turns on the demo plant, loaded but not planned."""
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "plant.db")
        _throughline("load", "examples/drive_works", "--db", database)
        _throughline("turn", "--db", database)
        ours, hello = in_turns(lambda: _page(database), _hello, runs=RUNS)
    tell(
        "Start-up",
        [
            figure("first page after serve", ours, "s", "uvicorn saying hello", hello),
            figure("first page after serve", ours, "s", "promise", [PROMISED_SECONDS]),
        ],
    )


def _throughline(*words: str) -> None:
    command = [sys.executable, "-m", "throughline", *words]
    subprocess.run(command, check=True, cwd=ROOT, env=_environment(), capture_output=True)


def _page(database: str) -> float:
    port = _free_port()
    words = ["-m", "throughline", "serve", "--db", database, "--port", str(port)]
    return _until_answered([sys.executable, *words], port, "/sign-in")


def _hello() -> float:
    port = _free_port()
    script = HELLO.replace("PORT", str(port))
    return _until_answered([sys.executable, "-c", script], port, "/")


def _until_answered(command: list[str], port: int, path: str) -> float:
    begin = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _answers(port, path):
            if server.poll() is not None:
                raise SystemExit(f"{command} ended with {server.returncode}")
            time.sleep(0.01)
        return time.perf_counter() - begin
    finally:
        server.terminate()
        server.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return False
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise SystemExit(f"{path} answered {answer.status}")
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


if __name__ == "__main__":
    main()

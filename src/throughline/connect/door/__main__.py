"""Read one file after another, as asked on standard input, and answer on standard output."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib import import_module
from types import ModuleType
from typing import Any, BinaryIO

from throughline.connect.door import bounds, delimited, formats, frames
from throughline.connect.door.files import File, open_file
from throughline.connect.door.limits import MIB, Limits
from throughline.connect.door.refusal import RefusalError
from throughline.connect.door.tables import Read, Wanted, portions

IDLE_SECONDS = 30.0
_FORMATS = (
    (formats.WORKBOOKS, "workbooks"),
    (formats.JSON, "json_rows"),
    (formats.XML, "xml_rows"),
)


def main() -> int:
    """Serve until there is nothing more to serve, or nobody asks for a while."""
    sys.dont_write_bytecode = True
    requests, answers = open(0, "rb", buffering=0), open(1, "wb", buffering=0)  # noqa: SIM115
    bounds.enter()
    while (request := _next_request(requests)) is not None:
        for answer in _answers(request):
            _send(answers, answer)
    return 0


def _answers(request: dict[str, Any]) -> Iterator[bytes]:
    """What is to be said about one file; the last frame is its end or why it was refused."""
    limits = Limits(**{f.name: request["limits"][f.name] for f in fields(Limits)})
    try:
        size = os.stat(request["path"]).st_size  # noqa: PTH116
    except OSError:
        size = 0
    with bounds.for_one_file(limits.seconds_for(size), limits.memory_bytes):
        try:
            yield from _read(request, limits)
        except RefusalError as refused:
            yield frames.json_frame(frames.REFUSAL, refused.as_json())
        except MemoryError:
            yield frames.json_frame(frames.REFUSAL, _too_much(limits).as_json())
        except RecursionError:
            too_deep = RefusalError("is nested too deeply", "Flatten it.")
            yield frames.json_frame(frames.REFUSAL, too_deep.as_json())


def _read(request: dict[str, Any], limits: Limits) -> Iterator[bytes]:
    file = open_file(request["path"], limits)
    module = _format_of(file)
    if request["act"] == "parts":
        found = [[part.name, part.rows] for part in module.parts(file)]
        yield frames.json_frame(frames.PARTS, found)
        yield _end(len(found))
        return
    wanted = Wanted(
        part=request["part"],
        encoding=request["encoding"],
        delimiter=request["delimiter"],
        quote=request["quote"],
        line_end=request["line_end"],
        known_columns=tuple(request["known_columns"]),
    )
    yield from _table(module.read(file, wanted), limits)


def _format_of(file: File) -> ModuleType:
    """The module that reads the file; those of other formats are never loaded."""
    for suffixes, name in _FORMATS:
        if file.name.endswith(suffixes):
            return import_module(f"throughline.connect.door.{name}")
    return delimited


def _table(table: Read, limits: Limits) -> Iterator[bytes]:
    head = {
        "part": table.part,
        "header": table.header,
        "supposed": [*table.supposed, *bounds.notes()],
    }
    yield frames.json_frame(frames.HEADER, head)
    count = 0
    for portion in portions(table.rows, limits):
        count += len(portion.rows)
        yield frames.rows_frame(portion.numbers, portion.rows, portion.texts)
    yield _end(count)


def _end(count: int) -> bytes:
    return frames.json_frame(frames.END, {"rows": count, "peak": bounds.peak_bytes()})


def _too_much(limits: Limits) -> RefusalError:
    most = limits.memory_bytes // MIB
    return RefusalError(
        f"needs more than {most} MiB of memory to be read",
        "Split it, or export it as CSV. In a workbook look for a cell far down or far right.",
    )


def _next_request(requests: BinaryIO) -> dict[str, Any] | None:
    if hasattr(select, "poll") and not select.select([requests], [], [], IDLE_SECONDS)[0]:
        return None
    head = _exactly(requests, frames.HEAD.size)
    if head is None:
        return None
    kind, length = frames.HEAD.unpack(head)
    body = _exactly(requests, length)
    if kind != frames.REQUEST or body is None:
        return None
    request: dict[str, Any] = json.loads(body)
    return request


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    parts, left = [], size
    while left:
        chunk = stream.read(left)
        if not chunk:
            return None
        parts.append(chunk)
        left -= len(chunk)
    return b"".join(parts)


def _send(stream: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


def _quietly(serve: Callable[[], int]) -> int:
    try:
        return serve()
    except (BrokenPipeError, KeyboardInterrupt):
        return 0  # whoever asked has gone


if __name__ == "__main__":
    sys.exit(_quietly(main))

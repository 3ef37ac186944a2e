"""The bound on what a request may bring, held before anything of it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from throughline.web.uploads import LARGEST_REQUEST

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
_TOO_LARGE = 413


def bounded(application: Application, *, largest: int = LARGEST_REQUEST) -> Application:
    """
    An ASGI application that reads at most ``largest`` bytes of any request.

    Django puts a whole request on disk before a view is asked. A request that says that it is too
    large is answered before a byte of it is read; one that says nothing is cut off at the bound.
    """

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if _announced(scope) > largest:
            await _refuse(send, largest)
            return
        counted = _Counted(receive, largest)
        await application(scope, counted, send)
        if counted.left < 0:
            await _refuse(send, largest)

    return answer


class _Counted:
    """
    Receives what another receives, and counts. Over the bound it says that nobody is there any
    more, so that whoever reads lets go of what it has and answers nothing.
    """

    def __init__(self, receive: Any, left: int) -> None:
        self._receive = receive
        self.left = left

    async def __call__(self) -> Any:
        message = await self._receive()
        self.left -= len(message.get("body", b""))
        return message if self.left >= 0 else {"type": "http.disconnect"}


def _announced(scope: dict[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Any, largest: int) -> None:
    text = f"At most {largest} bytes in one request. Split the file.".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": _TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": text})

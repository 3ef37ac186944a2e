"""Live updates: one line for every time the ledger has grown (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from throughline.errors import WorldError
from throughline.web.access import Permission, route
from throughline.web.world import current_world

POLL_SECONDS = 1.0
KEEP_ALIVE_POLLS = 15
RETRY_MILLISECONDS = 3000


@route("events/stream", permission=Permission.SEE_TODAY, name="event-stream")
def event_stream(request: HttpRequest) -> HttpResponse:
    """
    The place the ledger has reached, now and whenever it grows, until the visitor goes away.

    Says nothing of what was recorded: a page that wants to know asks for it, and is given what its
    visitor may see.
    """
    del request
    response = StreamingHttpResponse(_growth(), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response  # type: ignore[return-value]


async def _growth() -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    told, silent = -1, 0
    while True:
        sequence = await _head()
        silent += 1
        if sequence is not None and sequence != told:
            yield f'data: {{"sequence": {sequence}}}\n\n'.encode()
            told, silent = sequence, 0
        elif silent >= KEEP_ALIVE_POLLS:
            # A comment: it keeps proxies from closing, and shows us a visitor who has gone.
            yield b": still here\n\n"
            silent = 0
        await asyncio.sleep(POLL_SECONDS)


@sync_to_async
def _head() -> int | None:
    try:
        return current_world().ledger.head()
    except WorldError:
        return None

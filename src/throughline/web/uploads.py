"""
Files that come with a request: taken at one address alone, from somebody who is signed in, bounded.

Whatever else is sent with a form is read past and kept nowhere. The bytes go to a temporary file
outside everything that is served, and that file is gone when the request is answered.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext

LARGEST_UPLOAD = 64 * 1024 * 1024
LARGEST_REQUEST = LARGEST_UPLOAD + 1024 * 1024  # the form around the file
TAKEN_AT = ("/data/import", "/api/v1/imports")
FIELD = "file"
_MIB = 1024 * 1024


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Streams one file of at most 64 MiB to disk; ``refusal_of`` tells why one was not taken."""

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Asked when a file begins."""
        if not _may_come(self.request):
            raise SkipFile
        if field_name != FIELD or getattr(self.request, "has_file", False):
            _refuse(self.request, gettext("One file at a time. Send the others after it."))
            raise SkipFile
        self.request.has_file = True  # type: ignore[union-attr]
        self._bytes = 0
        super().new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Asked for each portion; what is over the bound ends the file and is not kept."""
        self._bytes += len(raw_data)
        if self._bytes > LARGEST_UPLOAD:
            _refuse(self.request, too_large())
            raise SkipFile
        super().receive_data_chunk(raw_data, start)


def refusal_of(request: HttpRequest) -> str:
    """Why a file that came with the request was not taken; empty when none was refused."""
    return str(getattr(request, "upload_refusal", ""))


def too_large() -> str:
    """The sentence for a file over the bound."""
    text = gettext("A file may have at most %(n)d MiB. Split it, or load it on the machine itself.")
    return text % {"n": LARGEST_UPLOAD // _MIB}


def _may_come(request: HttpRequest | None) -> bool:
    if request is None or request.path not in TAKEN_AT:
        return False
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)


def _refuse(request: Any, why: str) -> None:
    request.upload_refusal = why

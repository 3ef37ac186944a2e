"""
Files that somebody brought and has not committed yet: each in a folder of its own, for an hour.

The folder is named by chance and not by the user, stands outside everything that is served, and is
readable by this account alone. Who brought it is written beside it, and nobody else finds it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from throughline.errors import DataError, RequestError, UnknownIdError, WorldError

KEPT_SECONDS = 3600
MOST_OF_ONE_PERSON = 5
LONGEST_NAME = 80
_OURS_ALONE = 0o700
_KEY = re.compile(r"[0-9a-f]{32}")
_ABOUT, _RESULT, _FOLDER = "about.json", "result.json", "files"


@dataclass(frozen=True, slots=True)
class Parked:
    """
    One file that waits for its commit.

    ``name`` is the user's own, made harmless; ``mapping`` is the text of the mapping that they
    chose, empty while it is the proposed one.
    """

    key: str
    name: str
    username: str
    source: str
    at: datetime
    mapping: str = ""

    @property
    def folder(self) -> Path:
        """The folder that holds the file and nothing else."""
        return _root() / self.key / _FOLDER

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.folder / self.name

    @property
    def mapping_path(self) -> Path:
        """Where the chosen mapping is; the file exists only when there is one."""
        return _root() / self.key / "mapping.toml"


def park(uploaded: Path, *, name: str, username: str, source: str, at: datetime) -> Parked:
    """
    Keep a file for an hour.

    Parameters
    ----------
    uploaded
        Where the bytes are; they are moved from there.
    name
        What the user called it; only its last part is kept, and of that only plain characters.

    Raises
    ------
    DataError
        When the name is not that of a file of rows.
    RequestError
        When this person has too many files waiting.
    """
    sweep(time.time())
    if len(files_of(username)) >= MOST_OF_ONE_PERSON:
        message = gettext("%(n)d of your files wait to be imported. Import or discard one first.")
        raise RequestError(message % {"n": MOST_OF_ONE_PERSON})
    parked = Parked(secrets.token_hex(16), plain_name(name), username, source, at)
    parked.folder.mkdir(parents=True, mode=_OURS_ALONE)
    shutil.move(uploaded, parked.path)
    parked.path.chmod(0o600)
    _write(parked)
    return parked


def parked_file(key: str, username: str) -> Parked:
    """
    What somebody parked under a key.

    Raises
    ------
    UnknownIdError
        When there is nothing, no longer, or it is somebody else's.
    """
    found = _read(key) if _KEY.fullmatch(key) else None
    if found is None or found.username != username:
        raise UnknownIdError("import", key, ())
    return found


def files_of(username: str) -> tuple[Parked, ...]:
    """Every file of a person that waits for its commit, the newest first."""
    waiting = (p for p in _of(username) if p.path.is_file())
    return tuple(sorted(waiting, key=lambda p: p.at, reverse=True))


def remapped(parked: Parked, mapping: str) -> Parked:
    """The same file, to be read through a mapping that the user chose; empty: the proposed one."""
    chosen = replace(parked, mapping=mapping)
    if mapping:
        parked.mapping_path.write_text(mapping, "utf-8")
    else:
        parked.mapping_path.unlink(missing_ok=True)
    _write(chosen)
    return chosen


def keep_result(parked: Parked, result: dict[str, Any]) -> None:
    """Keep what became of the file, and let the file itself go."""
    _write_whole(_root() / parked.key / _RESULT, json.dumps(result))
    shutil.rmtree(parked.folder, ignore_errors=True)


def result_of(parked: Parked) -> dict[str, Any] | None:
    """What became of a file that was committed; None before that."""
    try:
        text = (_root() / parked.key / _RESULT).read_text("utf-8")
    except FileNotFoundError:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def discard(parked: Parked) -> None:
    """Let a file and all that is known of it go."""
    shutil.rmtree(_root() / parked.key, ignore_errors=True)


def sweep(now: float) -> None:
    """Let go what has waited for more than an hour."""
    for folder in _root().iterdir():
        try:
            is_old = now - folder.stat().st_mtime > KEPT_SECONDS
        except FileNotFoundError:  # somebody else let it go
            continue
        if is_old:
            shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str) -> str:
    """
    The last part of a file's name with nothing in it but letters, digits, ``_``, ``-`` and ``.``.

    Raises
    ------
    DataError
        When nothing is left, or the file is of no kind that holds rows.
    """
    from throughline.connect.text_files import is_row_file

    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w.-]+", "_", last).lstrip("._")
    stem, dot, suffix = plain.rpartition(".")
    plain = stem[: LONGEST_NAME - len(dot + suffix)] + dot + suffix
    if not stem or not is_row_file(Path(plain)):
        text = gettext('"%(name)s" is not a file of rows. Choose %(kinds)s.')
        raise DataError(text % {"name": last[:LONGEST_NAME], "kinds": kinds_words()})
    return plain


def kinds_words() -> str:
    """The kinds of files that are taken, as people call them."""
    return gettext("CSV, Excel, JSON, JSON lines or XML")


def _root() -> Path:
    """The folder of all parked files of this database, made when it is not there."""
    database = str(settings.DATABASES["default"].get("NAME", ""))
    mark = sha256(f"{os.getuid()}|{database}".encode()).hexdigest()[:16]
    root = Path(tempfile.gettempdir()) / f"throughline-imports-{mark}"
    root.mkdir(mode=_OURS_ALONE, exist_ok=True)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        message = f"{root} is not a folder of this account. Remove it."
        raise WorldError(message)
    return root


def _of(username: str) -> list[Parked]:
    found = (_read(folder.name) for folder in _root().iterdir())
    return [parked for parked in found if parked is not None and parked.username == username]


def _write(parked: Parked) -> None:
    facts = {**asdict(parked), "at": parked.at.isoformat()}
    _write_whole(_root() / parked.key / _ABOUT, json.dumps(facts))


def _write_whole(path: Path, text: str) -> None:
    """A page that asks meanwhile finds what was there before or all of it, and never a part."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    part.write_text(text, "utf-8")
    part.replace(path)


def _read(key: str) -> Parked | None:
    try:
        facts = json.loads((_root() / key / _ABOUT).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return Parked(**{**facts, "at": datetime.fromisoformat(facts["at"])})

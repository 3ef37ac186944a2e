"""Style sheets, scripts and texts of the built frontend, found by name in a template."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString

from throughline.web.island_texts import island_texts as texts_in_language

register = template.Library()

BUILT = Path(__file__).parent.parent / "static" / "built"
# A script that must run before the first paint and therefore is no module.
_BLOCKING = frozenset({"theme"})


class MissingAssetError(template.TemplateSyntaxError):
    """The frontend is not built, or has no entry of that name."""


@register.simple_tag
def asset(name: str) -> SafeString:
    """
    The tags that load one entry of the frontend: its style sheets, what it imports, and its script.

    Raises
    ------
    MissingAssetError
        When the frontend is not built or has no such entry; the message says what to do.
    """
    manifest = _manifest()
    entry = _entry(manifest, name)
    styles = _unique(
        css for chunk in _with_imports(manifest, entry) for css in chunk.get("css", ())
    )
    preloads = [chunk["file"] for chunk in _with_imports(manifest, entry)[1:]]
    return format_html(
        "{}{}{}",
        format_html_join("\n", '<link rel="stylesheet" href="{}">', ((_url(f),) for f in styles)),
        format_html_join(
            "\n", '<link rel="modulepreload" href="{}">', ((_url(f),) for f in preloads)
        ),
        _script(name, entry["file"]),
    )


@register.simple_tag
def island_texts() -> SafeString:
    """The texts of all islands in the page's language, as one JSON block ``#texts``."""
    return json_script(texts_in_language(), "texts")


def _script(name: str, file: str) -> SafeString:
    if name in _BLOCKING:
        return format_html('<script src="{}"></script>', _url(file))
    return format_html('<script type="module" src="{}"></script>', _url(file))


def _entry(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    entries = {chunk["name"]: chunk for chunk in manifest.values() if chunk.get("isEntry")}
    if name not in entries:
        message = f'the frontend has no entry "{name}". It has {", ".join(sorted(entries))}.'
        raise MissingAssetError(message)
    found: dict[str, Any] = entries[name]
    return found


def _with_imports(manifest: dict[str, Any], entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The entry, then every chunk that it imports, each once, in order of first mention."""
    chunks = [entry]
    for chunk in chunks:
        chunks.extend(
            manifest[key] for key in chunk.get("imports", ()) if manifest[key] not in chunks
        )
    return chunks


def _manifest() -> dict[str, Any]:
    # While the frontend is worked on, a rebuild must show at once; otherwise it never changes.
    return _read() if settings.DEBUG else _read_once()


@lru_cache(maxsize=1)
def _read_once() -> dict[str, Any]:
    return _read()


def _read() -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((BUILT / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        message = (
            f"The frontend is not built: {BUILT / 'manifest.json'} does not exist. "
            "Run `python hatch_build.py`, or install the package again, which builds it."
        )
        raise MissingAssetError(message) from None
    return manifest


def _unique(names: Any) -> list[str]:
    return list(dict.fromkeys(names))


def _url(file: str) -> str:
    return static(f"built/{file}")

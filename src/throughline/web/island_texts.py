"""Every text that a script puts on a page, so that gettext finds it; the English text is the key."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# Words in braces are filled in by the script. tests/web/test_assets.py compares this list with the scripts.
ISLAND_TEXTS = (_("{n} new"),)


def island_texts() -> dict[str, str]:
    """The texts in the language of the request, keyed by the English text."""
    return {text: gettext(text) for text in ISLAND_TEXTS}

"""
A mapping proposed from headers and samples, explained line by line.

What an export most likely means is worked out from the names of its files and columns (``words``,
``matching``), from the samples (``profiles``, ``fit``), and from which columns name the rows of
which others (``links``). Nothing is decided here: what is unsure is written as a comment, and a
person reads it before anything is loaded.
"""

from throughline.connect.suggest.suggestion import Suggestion, suggest

__all__ = ["Suggestion", "suggest"]

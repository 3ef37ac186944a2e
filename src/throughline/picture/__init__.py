"""The operational picture: what holds now, where each record comes from, and what is left to do."""

from throughline.picture.fold import Fold, Origin, Picture, picture_of

__all__ = ["Fold", "Origin", "Picture", "picture_of"]

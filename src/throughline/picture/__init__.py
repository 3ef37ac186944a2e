"""The operational picture: what holds now, where each record comes from, and what is left to do."""

from throughline.picture.fold import Fold, FoldState, Origin, Picture, picture_of

__all__ = ["Fold", "FoldState", "Origin", "Picture", "picture_of"]

"""The operational picture: what holds now, where each record comes from, and what is left to do."""

from throughline.picture.fold import Fold, FoldState, picture_of
from throughline.picture.picture import Origin, Picture

__all__ = ["Fold", "FoldState", "Origin", "Picture", "picture_of"]

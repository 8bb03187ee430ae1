"""Text transforms

Text that is written into the image: stamps, captions, watermarks, the lines of documents.

They change images only, and nothing moves.  A text lies within its place: anywhere, in the boxes of the sample, or in a
fixed part of the image.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("coffee",)
MODULES = ("text",)


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(page, photo, MODULES, thumbnail="TextOverlay")

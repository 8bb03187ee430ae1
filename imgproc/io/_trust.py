"""Blocks of code whose caller vouches for images that look wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .._core.declare import declare
from .._core.door import set_trust, trusted

__all__ = ["trust_layout", "trust_levels"]


@contextlib.contextmanager
def trust_layout() -> Iterator[None]:
    """Take arrays of any shape as images (h, w, c), also those that look like channels first or like a volume.

    An array such as (3, 640, 200) is refused as an image, because it looks like three planes of 640 x 200.  If it is a
    strip of three rows of an image with 200 channels, call functions and chains within this block.  It holds for the
    thread that runs the block, and for the threads that work for it there.

    Returns
    -------
    context manager
        It gives nothing to the block.

    See Also
    --------
    channels_last : For arrays whose channels do come first.
    trust_levels : The same for the range of levels.

    Notes
    -----
    An array of shape (n, h, w) is refused if its last two sides are those of a picture, and nothing else explains them:

    * they are equal and at least 16, and larger than the first side or above 256: (3, 224, 224), (1, 28, 28),
      (30, 512, 512), (600, 512, 512); or
    * the first side is the smallest, neither of the others is more than four times the other, and either the last is
      above 256, more channels than cameras have: (3, 480, 640), (30, 512, 400); or there are 3 or 4 planes with sides
      of at least 32: (3, 100, 120).

    So images of many channels stay images: hyperspectral ones (h, w, 224), also lines of them (1, 512, 224), tiles
    (8, 8, 224) and (64, 64, 256), single pixels (1, 1, c), and maps of features (14, 20, 512).  What can be both, such
    as (6, 100, 120), is an image.  Wrongly refused are strips of three or four rows of a hyperspectral image, lines of
    more than 256 channels, and wide maps of more than 256 features such as (38, 128, 512): these need this block.
    Inside of a chain, a crop may leave such a strip: what is an image at the chain's door stays one.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> strip = np.zeros((3, 640, 200), np.float32)
    >>> with imgproc.trust_layout():
    ...     imgproc.gaussian_blur(strip, sigma=1.0).shape
    (3, 640, 200)
    """
    before = set_trust(trusted()._replace(layout=True))
    try:
        yield
    finally:
        set_trust(before)


@contextlib.contextmanager
def trust_levels() -> Iterator[None]:
    """Take levels of float images as they are, also where an operation for levels from 0 to 1 gets clearly others.

    Functions such as `adjust_gamma` and `rgb_to_lab`, and chains with such transforms, refuse images that look as if
    they were in 0 to 255, or in Hounsfield units.  Photos of a high dynamic range may look so, too: their levels go far
    beyond 1 where the sky is.  For these, call functions and chains within this block.  It holds for the thread that
    runs the block, and for the threads that work for it there.

    Returns
    -------
    context manager
        It gives nothing to the block.

    See Also
    --------
    rescale : For images in other units.
    to_uint8 : Its notes say which levels are clearly not those from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> sky = np.full((4, 4), 32.0, np.float32)
    >>> with imgproc.trust_levels():
    ...     float(imgproc.adjust_gamma(sky, gamma=0.2)[0, 0])
    2.0
    """
    before = set_trust(trusted()._replace(levels=True))
    try:
        yield
    finally:
        set_trust(before)


declare(trust_layout, trust_levels, no_peer="it computes nothing")

"""Decoding no more of an image than a chain will show."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np

from imgproc import decode_image
from imgproc._core.check import integer, one_of
from imgproc.io._decode import as_mode
from imgproc.io._files import MAX_PIXELS, contents
from imgproc.io._jpeg import CannotDecode, Part, photo

from .._chain.keys import Key, fresh_key, key_array
from .._chain.window import Rectangle, apply_to_part
from ..compose import Compose

__all__ = ["WindowDecoder"]

SMALLEST = 1 << 20
"""Pixels of an image from which on less decoding is worth its bookkeeping."""
MODES = ("rgb", "grey")


@dataclasses.dataclass(frozen=True)
class WindowDecoder:
    """Decode an image and apply a chain to it, but decode no more of it than the chain shows.

    A chain is a function of the key and the shape of the image, and the header of a JPEG file tells the shape.  So the
    part that a crop will show is known before decoding, and by how much it is shrunk.  A JPEG file is then decoded at
    1/2, 1/4 or 1/8 of its size if at least as many pixels remain as the result has, and no further down than the part
    reaches.  Of photos of 12 megapixels that become 224 x 224 that saves more than half of the time.

    Use it in training, where images are much larger than what the chain makes of them.  For small images, for other
    formats, and where the chain needs the whole image, it decodes all of it and is as quick as without.

    Parameters
    ----------
    chain : Compose
    mode : {"rgb", "grey"}
        Channels of the image that the chain gets, as in `imgproc.read_image`.
    max_pixels : int or None
        The most pixels, width times height, of an image, as in `imgproc.read_image`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    See Also
    --------
    Compose.source_window : The part and the scale.

    Notes
    -----
    Images are not equal, bit by bit, to those of full decoding.  Where the file is decoded at a smaller size, the JPEG
    decoder makes means of pixels before the chain does, which looks nearly the same for the ``interpolation`` of
    ``"area"`` and with ``antialias``, and has fewer aliases for ``"bilinear"``.  All else is equal: boxes, keypoints,
    masks and draws are those of the full image.  A result depends on the file, the chain and the key alone, not on
    threads, batches or order.

    It applies where the chain begins with crops, flips, turns by 90 degrees and one resize along the axes, in any
    order, such as `ResizedCrop`, `Resize` and `CenterCrop`.  Before a resize that shrinks there may also be `Rotate`,
    `Affine` and padding: they are done at the size at which the file is decoded, which then is twice that of the result
    at least.  A chain that begins with something else, such as a blur or `Perspective`, and one that mixes, gets the
    whole image.

    A file that is cut is noticed as by `imgproc.read_image`.  Damage below the last row that is shown is not.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> import imgproc
    >>> from augment.pipeline import WindowDecoder
    >>> data = imgproc.encode_image(np.full((900, 1200, 3), 128, np.uint8), format="jpg")
    >>> decoder = WindowDecoder(augment.Compose([augment.ResizedCrop((64, 64)), augment.HorizontalFlip()]))
    >>> result = decoder(data, key=(0, 5), boxes=[[0, 0, 600, 900]], labels=["left"])
    >>> result["image"].shape, sorted(result)
    ((64, 64, 3), ['boxes', 'image', 'key', 'labels'])
    """

    chain: Compose
    mode: str = dataclasses.field(default="rgb", kw_only=True)
    max_pixels: int | None = dataclasses.field(default=MAX_PIXELS, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.chain, Compose):
            raise TypeError(f"chain must be a Compose, got {type(self.chain).__name__}")
        one_of(self.mode, "mode", MODES)
        if self.max_pixels is not None:
            integer(self.max_pixels, "max_pixels", at_least=1)

    def __call__(
        self, data: Any, key: Key | None = None, *, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """What ``chain(image=..., key=key, **targets)`` gives, of an image that is not decoded yet.

        Parameters
        ----------
        data : bytes, bytearray, memoryview, binary file, str or os.PathLike
            An image file or its content, of any format that `imgproc.read_image` reads.
        key : int or tuple of int, optional
            As in a call of the chain.
        out : ndarray, optional
            Gets the resulting image.
        donors : indexable, optional
            As in a call of the chain.
        **targets
            What else the sample has, in the frame of the whole image.

        Returns
        -------
        dict
            As from a call of the chain.

        Raises
        ------
        TypeError, ValueError
            If the image cannot be read, or a target is unknown or wrong.
        """
        if key is None:
            key = fresh_key()
        result = self.apply({"image": data, **targets}, key_array(key), out, donors)
        result["key"] = key
        return result

    def apply(
        self, given: dict[str, Any], words: np.ndarray, out: np.ndarray | None = None, donors: Any = None
    ) -> dict[str, Any]:
        """What loaders call, with the words of a key: all targets by name, the image encoded or as an array."""
        data = given["image"]
        if isinstance(data, np.ndarray) and data.ndim != 1:
            return self.chain._chain.apply(given, words, out, donors)
        if isinstance(data, (str, os.PathLike)):
            data = contents(data)
        elif callable(getattr(data, "read", None)):
            data = data.read()
        elif isinstance(data, np.ndarray) and data.dtype == np.uint8:
            data = data.tobytes()
        found = None
        if isinstance(data, (bytes, bytearray, memoryview)):
            found = self._of_part(bytes(data), given, words, out)
        if found is None:
            image = decode_image(data, mode=self.mode, max_pixels=self.max_pixels)
            found = self.chain._chain.apply({**given, "image": image}, words, out, donors)
        return found

    def _of_part(
        self, data: bytes, given: dict[str, Any], words: np.ndarray, out: np.ndarray | None
    ) -> dict[str, Any] | None:
        """None where all of the image has to be decoded."""
        found = photo(data, self.max_pixels)
        if found is None or found.frame.height * found.frame.width < SMALLEST:
            return None
        others = {name: value for name, value in given.items() if name != "image"}
        shape = (*found.size, 3) if self.mode == "rgb" else found.size

        def load(wanted: Rectangle, factor: int) -> Part:
            part = found.part(wanted, factor)
            return part._replace(image=as_mode(part.image, self.mode))

        try:
            return apply_to_part(self.chain._chain, others, words, shape, load, out)
        except CannotDecode:  # reading it says what is wrong with it
            return None

"""Stages: what `lower` of a transform returns.

A transform does not change pixels itself.  It returns stages, in the order in which they happen, and the chain decides
which of them share one pass over the image.

* `Geometry` says where each output pixel comes from.  Images, masks, boxes and keypoints follow it.
* Pixel operations change levels: `affine`, `curve`, `gamma`, `hsv`, `invert`, `matrix`, `normalize`, `permute`,
  `posterize`, `sigmoid`, `solarize`, `threshold`, `gaussian_noise`, and those that `augment.row_operation` makes.  A
  number that may differ between channels is one number, or a tuple with one for each channel.
* `Erase` paints rectangles, in the image and if wanted in masks.
* `Whole` calls a function of the image, for what needs neighbours.  It ends a pass.
* `MaskOnly` calls a function of each mask, and leaves images, boxes and keypoints as they are.

Levels are fractions of full scale: 1.0 is 255 of uint8 and 65535 of uint16.  After each stage, levels of integer images
are rounded half to even and saturated, so that it makes no difference which stages share a pass.  Geometry that
interpolates is the exception: several maps in one pass interpolate once.

Stages are plain values.  ``fuse=False`` of `Compose` runs them one after the other, and ``chain.explain(shape)`` prints
which passes they take.
"""

from imgproc._scanline import Erase, Geometry, MaskOnly, Op, Stage, Whole
from imgproc._scanline.operations.affine import affine
from imgproc._scanline.operations.curve import curve
from imgproc._scanline.operations.gamma import gamma
from imgproc._scanline.operations.gaussian_noise import gaussian_noise
from imgproc._scanline.operations.hsv import hsv
from imgproc._scanline.operations.invert import invert
from imgproc._scanline.operations.matrix import matrix
from imgproc._scanline.operations.normalize import normalize
from imgproc._scanline.operations.permute import permute
from imgproc._scanline.operations.posterize import posterize
from imgproc._scanline.operations.sigmoid import sigmoid
from imgproc._scanline.operations.solarize import solarize
from imgproc._scanline.operations.threshold import threshold

__all__ = [
    "Erase",
    "Geometry",
    "MaskOnly",
    "Op",
    "Stage",
    "Whole",
    "affine",
    "curve",
    "gamma",
    "gaussian_noise",
    "hsv",
    "invert",
    "matrix",
    "normalize",
    "permute",
    "posterize",
    "sigmoid",
    "solarize",
    "threshold",
]

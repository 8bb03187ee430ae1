"""Blending in the gradient domain: Poisson's equation on the whole image or in the hole only."""

from __future__ import annotations

import numpy as np

from .._core import elementary_arrays
from .._core.check import as_hole, as_image, one_of, same_size
from .._core.declare import another_like, declare, middle
from .._core.needed import needed
from .._core.planes import full_scale
from .._core.spectra import spaced
from .._core.threads import get_num_threads, stays_serial
from ._multigrid import solve

__all__ = ["poisson_blend"]

DOMAINS = ("image", "hole")


def poisson_blend(
    image: np.ndarray,
    source: np.ndarray,
    *,
    mask: np.ndarray,
    hole: np.ndarray | None = None,
    domain: str = "image",
) -> np.ndarray:
    """Set a piece of one image into another without a visible edge, by blending their gradients.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64: what surrounds the piece.
    source : ndarray of the image's shape and dtype
        Where the piece comes from, already in its place.
    mask : ndarray of bool, shape (h, w)
        True where the source is taken.
    hole : ndarray of bool, shape (h, w), optional
        Where the image shows nothing that counts; there the gradients across the edge are the source's alone.
    domain : {"image", "hole"}
        ``"image"``: all of the image takes part in the adjustment, so the difference of both spreads out far on both
        sides; its mean over the kept pixels stays.  ``"hole"``: kept pixels stay as they are, the piece alone is
        adjusted.

    Returns
    -------
    ndarray
        Same shape and dtype as the image.  A mask of every pixel gives the source.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value; image and source must be finite.

    See Also
    --------
    graph_cut_seam : Where the piece is best cut out.

    Notes
    -----
    The field that is integrated has the gradients of the image outside the mask, of the source inside, and their mean
    across its edge.  The solution is the composite of both plus a correction w whose gradient has to make up for what
    differs at the edge: the Laplacian of w is known and is 0 elsewhere.  On the image, with no flow across its border,
    a cosine transform solves it exactly; in the hole, with w = 0 around it, conjugate gradients and multigrid do, to
    1e-9 of the difference.  8-bit images are worked on in float32 by the transform, all else in float64.

    References
    ----------
    P. Pérez, M. Gangnet, A. Blake, "Poisson image editing", SIGGRAPH 2003.
    A. Agrawal, R. Raskar, R. Chellappa, "What is the range of surface reconstructions from a gradient field?", ECCV
    2006, for the domain of the whole image.

    Examples
    --------
    >>> mask = np.zeros((20, 20), bool)
    >>> mask[5:15, 5:15] = True
    >>> poisson_blend(image[:20, :20], image[40:60, 40:60], mask=mask).shape
    (20, 20, 3)
    """
    image, source = as_image(image), as_image(source, "source")
    same_size(image, source, "image", "source")
    if image.dtype != source.dtype:
        raise ValueError(f"source must have the dtype of image, {image.dtype}, got {source.dtype}")
    mask = as_hole(mask, image, empty=False)
    hole = None if hole is None else as_hole(hole, image, "hole")
    one_of(domain, "domain", DOMAINS)
    for values, name in ((image, "image"), (source, "source")):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")
    where = mask if image.ndim == 2 else mask[:, :, None]
    out = np.ascontiguousarray(np.where(where, source, image))
    if not image.size or mask.all():
        return out
    corrections = _on_image if domain == "image" else _in_hole
    composite = out.reshape(*mask.shape, -1)
    jumps = _jumps(image, source, mask, hole)
    top = full_scale(image.dtype)
    for c, correction in enumerate(corrections(jumps, mask, image.dtype)):
        values = composite[:, :, c] + correction
        composite[:, :, c] = np.rint(np.clip(values, 0, top)) if image.dtype.kind == "u" else values
    return out


def _jumps(image: np.ndarray, source: np.ndarray, mask: np.ndarray, hole: np.ndarray | None) -> list[np.ndarray]:
    """The Laplacian that the correction of each channel shall have: what the composite's edge adds to the gradients.

    Across the edge from p inside to q outside the composite's gradient is I(q) - S(p), the field's is the mean of
    I(q) - I(p) and S(q) - S(p); their difference is the mean of S - I at p and q, or S - I at q where I(p) is unknown.
    """
    first, second = (a.reshape(*mask.shape, -1) for a in (image, source))
    found = [np.zeros(mask.shape) for _ in range(first.shape[2])]
    for axis in (0, 1):
        low, high = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        y, x = np.nonzero(mask[low] != mask[high])
        y1, x1 = (y + 1, x) if axis == 0 else (y, x + 1)
        a, b = (second[p].astype(np.float64) - first[p] for p in ((y, x), (y1, x1)))
        if hole is not None:
            a, b = np.where(hole[y, x][:, None], b, a), np.where(hole[y1, x1][:, None], a, b)
        step = np.where(mask[y, x], 0.5, -0.5)[:, None] * (a + b)
        for c, out in enumerate(found):
            out[y, x] += step[:, c]  # no place twice: an axis has one edge behind a pixel
            out[y1, x1] -= step[:, c]
    return found


def _on_image(jumps: list[np.ndarray], mask: np.ndarray, dtype: np.dtype) -> list[np.ndarray]:
    """Corrections without flow across the image's border and with the mean 0 over the kept pixels."""
    with needed("scipy"):
        from scipy import fft

    h, w = mask.shape
    across = 2 * elementary_arrays.cos(np.pi * np.arange(h) / h) - 2
    along = 2 * elementary_arrays.cos(np.pi * np.arange(w) / w) - 2
    gains = across[:, None] + along[None, :]
    gains[0, 0] = 1
    kind = np.float32 if dtype == np.uint8 else np.float64
    gains = gains.astype(kind)
    workers = 1 if stays_serial(mask.size) else get_num_threads()
    found = []
    for laplacian in jumps:
        plane = spaced(mask.shape, np.dtype(kind))
        plane[...] = laplacian
        spectrum = fft.dctn(plane, norm="ortho", workers=workers, overwrite_x=True)
        spectrum /= gains
        spectrum[0, 0] = 0
        correction = fft.idctn(spectrum, norm="ortho", workers=workers, overwrite_x=True)
        correction -= correction[~mask].mean(dtype=np.float64)
        found.append(correction)
    return found


def _in_hole(jumps: list[np.ndarray], mask: np.ndarray, dtype: np.dtype) -> list[np.ndarray]:
    """Corrections that are 0 outside the mask."""
    frame = np.pad(np.ones(mask.shape), 1)
    neighbours = frame[:-2, 1:-1] + frame[2:, 1:-1] + frame[1:-1, :-2] + frame[1:-1, 2:]
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = []
    for part in solve(mask[box], neighbours[box], [-laplacian[box] for laplacian in jumps]):
        correction = np.zeros(mask.shape)
        correction[box] = part
        found.append(correction)
    return found


declare(
    poisson_blend,
    arguments={"source": lambda image: (another_like(image),), "mask": lambda image: (middle(image),)},
)

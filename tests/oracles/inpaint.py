"""Exemplar-based inpainting from its definitions, slowly: the oracle of `imgproc.inpaint_exemplar`.

Criminisi, Pérez and Toyama (2004) leave details open.  They are decided here, and the kernels follow:

* Features are integers: of an RGB image with ``color="lab"`` L, a and b, doubled and rounded; of other 8-bit images the
  levels; else 255 steps from the smallest to the largest value outside the hole.
* A pixel is known if it is outside the hole or filled.  The front are unknown pixels with a known 4-neighbour.
* Patches of targets are clipped to the image.  Patches of sources are whole: all of it in the image and, at the start,
  in the source region.
* Confidence C: the sum over the target's patch in raster order, over the number of its pixels in the image.
* Gradients are differences f(x + 1) - f(x - 1), 0 where one of the two is not known (a front's data term needs what
  runs along the front, which is known); a pixel's gradient is that of the channel where it is longest, the first of
  equals.
* The normal is that of the mask of unknown pixels after the binomial 3x3 filter, by the same difference; pixels beyond
  the image are those of its border.
* Data term D, alpha = 255: ``"criminisi"``, ``"regularized"``: |g x n| / (510 |n|) of the longest gradient g of known
  pixels of the patch, the first of equals; ``"tensor"``: sqrt(|T t| / w) / 510 of the structure tensor T, tent weights
  of sum w, and the unit tangent t.  510, as the differences span two pixels.
* Priority P = C D; ``"regularized"`` 0.2 (0.3 C + 0.7) + 0.8 D.  The target has the largest P, of equals the largest C
  (that is what orders a flat image), then the lowest index.
* The source has the least sum of squared differences over known pixels, of equals it is nearest to the target, then it
  has the lowest index.
"""

from __future__ import annotations

import numpy as np

import imgproc


def features(image: np.ndarray, mask: np.ndarray, color: str) -> np.ndarray:
    """(c, h, w) int64."""
    planes = image[:, :, None] if image.ndim == 2 else image
    if color == "lab" and planes.shape[2] == 3:
        full = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
        unit = np.clip(np.where(mask[:, :, None], 0, planes).astype(np.float64) / full, 0, 1)
        found = np.rint(2 * imgproc.rgb_to_lab(unit))
    elif image.dtype == np.uint8:
        found = planes.astype(np.float64)
    else:
        known = planes[~mask].astype(np.float64)
        low, high = known.min(), known.max()
        values = np.where(mask[:, :, None], low, planes).astype(np.float64)
        found = np.rint((values - low) * (255 / (high - low) if high > low else 0.0))
    found[mask] = 0
    return found.astype(np.int64).transpose(2, 0, 1)


def gradients(f: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    gx, gy = np.zeros_like(f), np.zeros_like(f)
    across, down = known[:, 2:] & known[:, :-2] & known[:, 1:-1], known[2:] & known[:-2] & known[1:-1]
    gx[:, :, 1:-1] = np.where(across, f[:, :, 2:] - f[:, :, :-2], 0)
    gy[:, 1:-1] = np.where(down, f[:, 2:] - f[:, :-2], 0)
    longest = (gx**2 + gy**2).argmax(axis=0)[None]
    return np.take_along_axis(gx, longest, 0)[0], np.take_along_axis(gy, longest, 0)[0]


def smoothed(unknown: np.ndarray) -> np.ndarray:
    p = np.pad(unknown.astype(np.int64), 1, mode="edge")
    rows = p[:-2] + 2 * p[1:-1] + p[2:]
    return rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]


def priority_at(y, x, r, known, confidence, gx, gy, normals, priority):
    h, w = known.shape
    ys, xs = range(max(y - r, 0), min(y + r + 1, h)), range(max(x - r, 0), min(x + r + 1, w))
    total = 0.0
    longest, best_x, best_y = -1, 0, 0
    txx = txy = tyy = weights = 0
    for v in ys:
        for u in xs:
            total += float(confidence[v, u])
            if known[v, u]:
                a, b = int(gx[v, u]), int(gy[v, u])
                if a * a + b * b > longest:
                    longest, best_x, best_y = a * a + b * b, a, b
                weight = (r + 1 - abs(v - y)) * (r + 1 - abs(u - x))
                txx, txy, tyy = txx + weight * a * a, txy + weight * a * b, tyy + weight * b * b
                weights += weight
    c = total / (len(ys) * len(xs))
    nx, ny = (int(n[y, x]) for n in normals)
    length = float(np.sqrt(float(nx * nx + ny * ny)))
    d = 0.0
    if length > 0 and priority == "tensor":
        a, b = float(txy * nx - txx * ny), float(tyy * nx - txy * ny)
        d = float(np.sqrt(np.sqrt(a * a + b * b) / (weights * length))) / 510.0
    elif length > 0:
        d = float(abs(best_x * ny - best_y * nx)) / (510.0 * length)
    return (0.2 * (0.3 * c + 0.7) + 0.8 * d if priority == "regularized" else c * d), c


def inpaint_exemplar(image, mask, *, patch_size=9, priority="criminisi", color="lab", source_mask=None):
    """The result, the map (h, w, 2) of sources (y, x) (-1 outside the hole), the sequence of (target, source)."""
    h, w = mask.shape
    r = patch_size // 2
    f = features(image, mask, color)
    known = ~mask
    source = known.copy() if source_mask is None else known & source_mask
    windows = np.lib.stride_tricks.sliding_window_view(source, (patch_size, patch_size)).all(axis=(2, 3))
    candidates = np.argwhere(windows)  # top left corners
    assert len(candidates)
    confidence = known.astype(np.float64)
    sources = np.full((h, w, 2), -1, np.int64)
    sequence = []
    while not known.all():
        gx, gy = gradients(f, known)
        s = np.pad(smoothed(~known), 1, mode="edge")
        normals = s[1:-1, 2:] - s[1:-1, :-2], s[2:, 1:-1] - s[:-2, 1:-1]
        p = np.pad(known, 1)
        front = ~known & (p[:-2, 1:-1] | p[2:, 1:-1] | p[1:-1, :-2] | p[1:-1, 2:])
        found = []
        for y, x in np.argwhere(front):
            value, c = priority_at(y, x, r, known, confidence, gx, gy, normals, priority)
            found.append((-value, -c, y * w + x))
        _, c, index = min(found)
        y, x = divmod(int(index), w)
        y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
        there = known[y0:y1, x0:x1]
        corner_y, corner_x = candidates[:, 0] + (y0 - y + r), candidates[:, 1] + (x0 - x + r)
        views = np.lib.stride_tricks.sliding_window_view(f, (y1 - y0, x1 - x0), axis=(1, 2))
        patches = views[:, corner_y, corner_x]
        ssd = (((patches - f[:, None, y0:y1, x0:x1]) ** 2) * there).sum(axis=(0, 2, 3))
        distance = ((candidates + r - (y, x)) ** 2).sum(axis=1)
        q = np.lexsort((np.arange(len(candidates)), distance, ssd))[0]
        qy, qx = (int(v) + r for v in candidates[q])
        sequence.append(((y, x), (qy, qx)))
        for v, u in np.argwhere(~there) + np.array([y0, x0]):
            sources[v, u] = v - y + qy, u - x + qx
            f[:, v, u] = f[:, v - y + qy, u - x + qx]
            confidence[v, u] = -c
            known[v, u] = True
    result = image.copy()
    result[mask] = image[tuple(sources[mask].T)]
    return result, sources, sequence


def inpaint_diffusion(image, mask, *, order="harmonic"):
    """Dense: L u = 0 or L L u = 0 at the hole, L of the grid of pixels with 4 neighbours."""
    h, w = mask.shape
    laplacian = np.zeros((h * w, h * w))
    for y in range(h):
        for x in range(w):
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= v < h and 0 <= u < w:
                    laplacian[y * w + x, y * w + x] += 1
                    laplacian[y * w + x, v * w + u] -= 1
    matrix = laplacian if order == "harmonic" else laplacian @ laplacian
    inside = mask.ravel()
    values = image.reshape(h * w, -1).astype(np.float64)
    rows = matrix[inside]
    out = values.copy()
    out[inside] = np.linalg.solve(rows[:, inside], -rows[:, ~inside] @ values[~inside])
    return out.reshape(image.shape)

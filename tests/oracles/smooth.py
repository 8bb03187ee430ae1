"""Slow, obviously right versions of the smoothing functions, with the library's own signatures (see `naive`)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from oracles.plain import PAD_MODE, full_scale, to_dtype, windows


def level(fraction: float, dtype: Any) -> float:
    """A fraction of full scale as a level of the dtype."""
    return float(to_dtype(np.float64(fraction * full_scale(dtype)), dtype))


def box_blur(image, *, radius, border="reflect_101", fill=0.0, mask=None):
    """Mean of the window's counted pixels; NaN if it counts one that is not finite."""
    outside = level(fill, image.dtype)
    values = windows(image.astype(np.float64), radius, border, outside)
    counted = np.ones(image.shape, bool)
    if mask is not None:
        counted = np.broadcast_to(mask if image.ndim == 2 else mask[..., None], image.shape)
    counted = windows(counted, radius, border, True)
    n = counted.sum(axis=(-2, -1))
    total = np.where(counted, values, 0).sum(axis=(-2, -1))
    total[~np.isfinite(total)] = np.nan
    return to_dtype(np.where(n > 0, total / np.maximum(n, 1), image), image.dtype)


def gaussian_blur(image, *, sigma, border="reflect_101", fill=0.0, mask=None):
    """Weighted sums along both axes, by Gaussians up to 4 sigma; finite images only."""
    sigmas = sigma if isinstance(sigma, tuple) else (sigma, sigma)

    def blurred(values, outside):
        for axis, s in enumerate(sigmas):
            r = int(np.ceil(4 * s))
            w = np.exp(-0.5 * (np.arange(-r, r + 1) / s) ** 2)
            widths = [(r, r) if a == axis else (0, 0) for a in range(values.ndim)]
            options = {"constant_values": outside} if border == "constant" else {}
            padded = np.pad(values, widths, mode=PAD_MODE[border], **options)
            n = values.shape[axis]
            values = sum(w[k] * np.take(padded, range(k, k + n), axis) for k in range(2 * r + 1)) / w.sum()
        return values

    outside = level(fill, image.dtype)
    if mask is None:
        return to_dtype(blurred(image.astype(np.float64), outside), image.dtype)
    shown = np.broadcast_to(mask if image.ndim == 2 else mask[..., None], image.shape)
    values, share = blurred(np.where(shown, image, 0).astype(np.float64), outside), blurred(shown.astype(float), 1.0)
    return to_dtype(np.where(share > 0, values / np.maximum(share, 1e-300), image), image.dtype)


def median_blur(image, *, radius, border="replicate"):
    """The middle of the sorted window; NaN if it holds one."""
    return percentile_filter(image, radius=radius, quantile=0.5, border=border)


def weighted_median(image, *, weights, border="replicate"):
    """The first of the sorted levels at which the weights so far reach half; NaN if one with a weight is NaN."""
    ry, rx = (side // 2 for side in weights.shape)
    widths = [(ry, ry), (rx, rx)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, widths, mode=PAD_MODE[border])
    result = np.empty_like(image)
    for place in np.ndindex(image.shape):
        y, x = place[:2]
        window = padded[(slice(y, y + 2 * ry + 1), slice(x, x + 2 * rx + 1), *place[2:])]
        pairs = [(v, Fraction(w)) for v, w in zip(window.flat, weights.ravel().tolist(), strict=True) if w > 0]
        if any(np.isnan(v) for v, _ in pairs):
            result[place] = np.nan
            continue
        pairs.sort(key=lambda pair: pair[0])
        half, so_far = sum(w for _, w in pairs) / 2, Fraction(0)
        for v, w in pairs:
            so_far += w
            if so_far >= half:
                result[place] = v
                break
    return result


def percentile_filter(image, *, radius, quantile, border="replicate", fill=0.0):
    """A value of the sorted window; NaN if it holds one."""
    values = windows(image, radius, border, image.dtype.type(level(fill, image.dtype)))
    n = (2 * radius + 1) ** 2
    values = np.sort(values.reshape(*image.shape, n), axis=-1)
    return np.where(
        np.isnan(values[..., -1]), values[..., -1], values[..., min(int(n * quantile * (1 + 1e-15)), n - 1)]
    )


def bilateral_filter(image, *, radius, sigma_color, sigma_space, border="reflect_101"):
    """Means over discs by Gaussians of distance and of the Euclidean difference in colour."""
    options = {"radius": radius, "sigma_color": sigma_color, "sigma_space": sigma_space, "border": border}
    return joint_bilateral_filter(image, image, **options)


def joint_bilateral_filter(image, guide, *, radius, sigma_color, sigma_space, border="reflect_101"):
    """The same, with the colours of a guide."""
    values, colors = (a.astype(np.float64).reshape(*a.shape[:2], -1) for a in (image, guide))
    side = 2 * radius + 1
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    space = np.where(y * y + x * x <= radius * radius, np.exp(-0.5 * (y * y + x * x) / sigma_space**2), 0)
    far = windows(colors, radius, border) - colors[..., None, None]
    alike = np.exp(-0.5 * (far**2).sum(axis=2) / (sigma_color * full_scale(guide.dtype)) ** 2)
    weights = (alike * space)[:, :, None]
    assert weights.shape[-2:] == (side, side)
    total = (windows(values, radius, border) * weights).sum(axis=(-2, -1))
    return to_dtype(total / weights.sum(axis=(-2, -1)), image.dtype).reshape(image.shape)


def total_variation(image, *, weight, iterations):
    """Chambolle's fixed point, equation 9, for floats: p and the divergence that is its gradient's adjoint."""
    f = image.astype(np.float64)

    def divergence(p):
        down, across = p
        down[-1], across[:, -1] = 0, 0  # no difference leaves the image
        return np.diff(down, axis=0, prepend=0) + np.diff(across, axis=1, prepend=0)

    p = np.zeros((2, *f.shape))
    for _ in range(iterations - 1):
        u = f + weight * divergence(p)
        slopes = np.stack([np.diff(u, axis=a, append=np.take(u, [-1], axis=a)) for a in (0, 1)])
        p = (p + 0.25 / weight * slopes) / (1 + 0.25 / weight * np.sqrt((slopes**2).sum(axis=0)))
    return f + weight * divergence(p)


def guided_filter(image, *, guide=None, radius, epsilon):
    """A linear model in each window, then the mean of the models of all windows that hold a pixel."""
    planes = image.astype(np.float64).reshape(*image.shape[:2], -1)
    source = image if guide is None else guide
    guides = source.astype(np.float64).reshape(*source.shape[:2], -1)
    epsilon *= full_scale(source.dtype) ** 2
    out = np.empty(planes.shape)
    for c in range(planes.shape[2]):
        own = guides[..., c : c + 1] if guide is None and guides.shape[2] not in (1, 3) else guides
        n = own.shape[2]
        i = windows(own, radius).reshape(*own.shape, -1)
        p = windows(planes[..., c], radius).reshape(*planes.shape[:2], 1, -1)
        far = i - i.mean(axis=-1, keepdims=True)
        covariance = far @ far.swapaxes(-1, -2) / i.shape[-1] + epsilon * np.eye(n)
        with_p = (far * (p - p.mean(axis=-1, keepdims=True))).mean(axis=-1)
        a = np.linalg.solve(covariance, with_p[..., None])[..., 0]
        b = p.mean(axis=-1)[..., 0] - (a * i.mean(axis=-1)).sum(axis=-1)
        out[..., c] = (windows(a, radius).mean(axis=(-2, -1)) * own).sum(axis=-1) + windows(b, radius).mean(
            axis=(-2, -1)
        )
    return to_dtype(out, image.dtype).reshape(image.shape)


def non_local_means(image, *, patch_radius, search_radius, strength):
    """Every offset at once, from the definition."""
    values = image.astype(np.float64).reshape(*image.shape[:2], -1)
    h, w, _ = values.shape
    margin = patch_radius + search_radius
    padded = np.pad(values, [(margin, margin)] * 2 + [(0, 0)], mode="reflect")
    patches = np.lib.stride_tricks.sliding_window_view(padded, (2 * patch_radius + 1,) * 2, axis=(0, 1))
    own = patches[search_radius : search_radius + h, search_radius : search_radius + w]
    total, share = np.zeros(values.shape), np.zeros((h, w, 1))
    for dy in range(2 * search_radius + 1):
        for dx in range(2 * search_radius + 1):
            distance = ((patches[dy : dy + h, dx : dx + w] - own) ** 2).mean(axis=(2, 3, 4))
            weight = np.exp(-distance / (strength * full_scale(image.dtype)) ** 2)[..., None]
            y, x = dy + patch_radius, dx + patch_radius
            total += weight * padded[y : y + h, x : x + w]
            share += weight
    return to_dtype(total / share, image.dtype).reshape(image.shape)


def anisotropic_diffusion(image, *, iterations, kappa, step=0.25, conductance="exponential"):
    """Flows to and from the four neighbours, one step after the other."""
    values, k = image.astype(np.float64), kappa * full_scale(image.dtype)
    for _ in range(iterations):
        flow = np.zeros(values.shape)
        for axis in (0, 1):
            d = np.diff(values, axis=axis)
            with np.errstate(under="ignore"):
                d = d * (np.exp(-((d / k) ** 2)) if conductance == "exponential" else 1 / (1 + (d / k) ** 2))
            d = np.where(np.isfinite(d), d, 0)
            one, other = ([slice(None)] * values.ndim for _ in range(2))
            one[axis], other[axis] = slice(None, -1), slice(1, None)
            flow[tuple(one)] += d
            flow[tuple(other)] -= d
        values = values + step * flow
    return to_dtype(values, image.dtype)


def alpha_trimmed_mean(image, *, radius, alpha, border="reflect_101", fill=0.0):
    """The mean of the middle of the sorted window; NaN if it holds one."""
    n = (2 * radius + 1) ** 2
    values = windows(image, radius, border, image.dtype.type(level(fill, image.dtype))).astype(np.float64)
    values = np.sort(values.reshape(*image.shape, n), axis=-1)
    cut = min(int(alpha * n), n // 2)
    with np.errstate(invalid="ignore"):
        means = np.where(np.isnan(values[..., -1]), np.nan, values[..., cut : n - cut].mean(axis=-1))
    return to_dtype(means, image.dtype)


def contraharmonic_mean(image, *, radius, order, border="reflect_101", fill=0.0):
    """Sums of powers over each window, one after the other."""
    top = full_scale(image.dtype)
    values = windows(image.astype(np.float64), radius, border, level(fill, image.dtype)) / top
    out = np.empty(image.shape)
    for place in np.ndindex(image.shape):
        window = np.maximum(values[place].ravel(), 0)
        if not np.isfinite(window).all():
            out[place] = np.nan
        elif (order < 0 and (window == 0).any()) or not window.any():
            out[place] = 0
        else:
            out[place] = (window ** (order + 1)).sum() / (window**order).sum() * top
    return to_dtype(out, image.dtype)


def adaptive_median(image, *, radius, border="replicate"):
    """Stages A and B for each pixel."""
    out = image.copy()
    stacks = [windows(image, r, border) for r in range(1, radius + 1)]
    for place in np.ndindex(image.shape):
        for stack in stacks:
            window, z = stack[place], image[place]
            low, middle, high = window.min(), np.median(window).astype(image.dtype), window.max()
            out[place] = middle
            if np.isnan(middle):
                break
            if low < middle < high:
                out[place] = z if low < z < high else middle
                break
    return out

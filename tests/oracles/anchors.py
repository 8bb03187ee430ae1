"""Clusters of boxes by their definitions."""

from __future__ import annotations

import numpy as np


def iou(a, b):
    """Of two boxes of any dimension on a common centre."""
    inter = 1.0
    for x, y in zip(a, b):
        inter *= min(x, y)
    union = float(np.prod(a)) + float(np.prod(b)) - inter
    return inter / union if union > 0 else 0.0


def lloyd(rows, centres, *, metric="iou", middle=np.mean, most=100):
    """Centres and labels."""
    centres, labels = [np.array(c, float) for c in centres], None
    for _ in range(most):
        if metric == "iou":
            new = [int(np.argmax([iou(r, c) for c in centres])) for r in rows]
        else:
            new = [int(np.argmin([((r - c) ** 2).sum() for c in centres])) for r in rows]
        if new == labels:
            break
        labels = new
        for k in range(len(centres)):
            own = [r for r, label in zip(rows, labels) if label == k]
            if own:
                centres[k] = middle(own, axis=0)
    return np.array(centres), np.array(labels)


def best_box(rows, *, points=200, rounds=12):
    """The box of the largest mean IoU: a fine grid over all sides, then finer ones about the best point."""
    rows = np.asarray(rows, float)
    low, high = rows.min(axis=0), rows.max(axis=0)

    def values(w, h):
        inter = np.minimum(rows[:, 0, None, None], w[None, :, None]) * np.minimum(rows[:, 1, None, None], h[None, None])
        union = rows.prod(axis=1)[:, None, None] + (w[:, None] * h[None])[None] - inter
        return (inter / union).mean(axis=0)

    spans, count = [(low[k], high[k]) for k in range(2)], points
    for _ in range(rounds):
        axes = [np.linspace(a, b, count) for a, b in spans]
        axes = [
            np.union1d(axis, rows[(rows[:, k] >= a) & (rows[:, k] <= b), k])
            for k, (axis, (a, b)) in enumerate(zip(axes, spans))
        ]
        found = values(*axes)
        i, j = np.unravel_index(np.argmax(found), found.shape)
        best = np.array([axes[0][i], axes[1][j]])
        spans = [(max(best[k] - (b - a) / 8, 1e-9), best[k] + (b - a) / 8) for k, (a, b) in enumerate(spans)]
        count = 20
    return best, float(found[i, j])

"""Mixing samples

Two photos or more become one, with masks, boxes and keypoints that follow and labels in shares.

Three photos are mixed[[, of classes astronaut, cat and cup]].  Under each picture stands what a loss needs: lam, the
photo's own share of the pixels, and the soft label.  Tints are masks, frames boxes, dots keypoints; a thing's mask and
frame have one colour.  A frame must sit on its thing, wherever that went, and end where the thing is covered.  Where
photos are blended, a number in the frame is the weight of the box.

Partners come from a keyed order of the donors, so every picture here is the same in every run.
"""

import dataclasses

import cv2
import numpy as np

import augment
from gallery import _draw, _plot, _transforms
from gallery._compare import to_uint8
from imgproc._core.declare import declared

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("mix",)
CLASSES = {"astronaut": "astronaut", "chelsea": "cat", "coffee": "cup"}
"""What each photo shows, by its name."""
SIDE = 256
SEED = 2
NINE = "Mosaic of nine"
NINE_LOOK = "``contain``: every photo is seen whole, the rest is grey and has no label."


def each(page, photo):
    """Every method, each of three photos once as the sample."""
    photos = [photo, page.photo("chelsea"), page.photo("coffee")]
    names = [CLASSES.get(one.name, one.name) for one in photos]
    donors = [_sample(one, k) for k, one in enumerate(photos)]
    h, w = donors[0]["image"].shape[:2]
    page.heading("The three", "Each has a class of its own, and things of its own.")
    originals = {f"{name}, {d['image'].shape[1]}×{d['image'].shape[0]}": _picture(d) for name, d in zip(names, donors)}
    page.figures(_transforms.one_scale(originals), "What is mixed below, each at its size.")
    for title, mix in _methods(h, w).items():
        page.step(title)
        page.heading(title, _text(mix))
        chain = augment.Compose([mix], seed=SEED)
        given = [_instances(d) for d in donors] if isinstance(mix, augment.CopyPaste) else donors
        pictures = {}
        for index, own in enumerate(names):
            out = chain(**given[index], key=(0, index), donors=given)
            label = ", ".join(f"{name} {share:.2f}" for name, share in zip(names, out["label"]) if share > 0)
            lam = f"lam {out['mix'][0].lam:.2f}; " if "mix" in out else ""
            pictures[f"{own}: {lam}label {label}"] = _picture(out)
        page.figures(_transforms.one_scale(pictures), NINE_LOOK if title == NINE else _transforms.look(title))
        if title == "Mosaic":
            page.thumbnail(donors[0]["image"], next(iter(pictures.values())))
    _laws(page)
    _schedule(page)


def _methods(h, w):
    """What is shown by its title: every method as it declares itself, and after the mosaic a larger one."""
    found = {}
    for name in _transforms.names(MODULES):
        kind = getattr(augment, name)
        found[name] = kind(**(declared(kind).shown or {}), num_classes=len(CLASSES))
        if name == "Mosaic":
            found[NINE] = kind(grid=(3, 3), size=(h, w), fit="contain", num_classes=len(CLASSES))
    return found


def _sample(photo, label):
    sample = _draw.targets(photo, side=SIDE)
    return {**sample, "image": to_uint8(sample["image"]), "label": label}


def _text(mix):
    name = type(mix).__name__
    given = {f.name: getattr(mix, f.name) for f in dataclasses.fields(mix)}
    return f"{_transforms.summary(name)}\n\n``{_transforms.call(name, given)}``"


def _instances(sample):
    """One mask for each thing instead of one with labels."""
    masks = [sample["mask"] == label for label in sample["labels"]]
    return {**{name: value for name, value in sample.items() if name != "mask"}, "masks": masks}


def _picture(sample):
    if "masks" in sample:
        mask = np.zeros(sample["image"].shape[:2], np.uint8)
        for one, label in zip(sample["masks"], sample["labels"]):
            mask[one] = label
        sample = {**sample, "mask": mask}
    picture = _draw.draw(**sample)
    for (x0, y0, *_), weight in zip(sample["boxes"], sample.get("box_weights", ())):
        if weight < 1:
            place = round(x0) + 3, round(y0) + 12
            for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
                cv2.putText(
                    picture, f"{weight:.2f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, thickness, cv2.LINE_AA
                )
    return picture


def _laws(page):
    page.heading(
        "The law of lam",
        '``lam=("beta", a)`` is Beta(a, a): the smaller a, the more often one photo is nearly alone.  '
        "The smaller share is on average 0.10 for a = 0.2, 0.16 for 0.4, 0.25 for 1 and 0.45 for 32.",
    )
    count, bins = 20_000, 40
    images, keys = np.zeros((count, 1, 1), np.uint8), [(0, i) for i in range(count)]
    lines = {}
    for a in (0.2, 0.4, 1.0, 32.0):
        lam = augment.MixUp(lam=("beta", a))(images, keys=keys).info.lam
        shares = np.histogram(lam, bins, (0, 1))[0] / count * 100
        lines[f"a = {a:g}"] = (np.arange(bins) + 0.5) / bins, shares
    plot = _plot.curves(
        lines, title="Law of lam", x_label="lam", y_label="samples [%]", x_range=(0, 1), y_range=(0, 40)
    )
    page.plots({"lam of 20,000 samples, in 40 bins": plot}, "Small a: peaks at both ends.  Large a: one at a half.")


def _schedule(page):
    page.heading(
        "A schedule",
        "``OnOffSchedule()`` is that of SamplePairing: off for 100 epochs, 8 on and 2 off in turns, off from 800 on.  "
        "It serves every method: ``OnOffSchedule(0, 1, 0, 285)`` closes a mosaic for the last 15 of 300 epochs.",
    )
    schedule, epochs = augment.OnOffSchedule(), np.arange(0, 1000, 0.25)
    on = np.array([schedule(int(epoch)) for epoch in epochs], float)
    plots = {
        "1,000 epochs": _plot.curves(
            {"on": (epochs, on)}, title="Schedule", x_label="epoch", y_label="on", x_range=(0, 1000), y_range=(0, 1.1)
        ),
        "epochs 90 to 140": _plot.curves(
            {"on": (epochs, on)}, title="Schedule", x_label="epoch", y_label="on", x_range=(90, 140), y_range=(0, 1.1)
        ),
    }
    page.plots(plots, "Ten epochs a turn, two of them off.")

"""Pipelines of albumentations as chains: what the report calls exact agrees with the library itself."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.migrate import (
    EXAMPLES,
    GROUPS,
    MAPPINGS,
    VOLUMES,
    augment_main,
    defaults,
    entry_of,
    python_source,
    required,
    table,
)
from helpers.peers import TRANSFORMS_THERE

import augment

H, W = 72, 96
BOXES = np.array([[10.0, 12, 40, 33], [50, 20, 80, 60]])
POINTS = np.array([[20.0, 30], [70, 40]])
ROOT = Path(augment.__file__).parents[1]

Fields = dict[str, Any]

FIXED: list[tuple[str, Fields]] = [
    ("HorizontalFlip", {}),
    ("VerticalFlip", {}),
    ("Transpose", {}),
    ("Rotate", {"limit": (30, 30), "fill": 90, "fill_mask": 3}),
    ("Rotate", {"limit": (-17, -17), "border_mode": 1}),
    ("Rotate", {"limit": (-17, -17), "interpolation": 0}),
    ("Rotate", {"limit": (12, 12), "interpolation": 2}),
    ("Affine", {"scale": 1.3}),
    ("Affine", {"scale": {"x": 0.8, "y": 1.25}}),
    ("Affine", {"rotate": 25}),
    ("Affine", {"shear": {"x": 20, "y": 0}}),
    ("Affine", {"shear": {"x": 0, "y": 12}, "scale": 0.9}),
    ("Affine", {"translate_px": {"x": 7, "y": -5}}),
    ("ShiftScaleRotate", {"shift_limit": (0, 0), "scale_limit": (0.2, 0.2), "rotate_limit": (15, 15)}),
    ("Resize", {"height": 48, "width": 80}),
    ("Resize", {"height": 100, "width": 150}),
    ("Resize", {"height": 100, "width": 150, "interpolation": 2}),
    ("Resize", {"height": 50, "width": 70, "interpolation": 6}),
    ("Resize", {"height": 50, "width": 70, "area_for_downscale": "image"}),
    ("LongestMaxSize", {"max_size": 48}),
    ("SmallestMaxSize", {"max_size": 144}),
    ("Pad", {"padding": (3, 5, 7, 11), "fill": 40}),
    ("Pad", {"padding": (3, 5)}),
    ("PadIfNeeded", {"min_height": 101, "min_width": 121}),
    *(
        ("PadIfNeeded", {"min_height": 101, "min_width": 121, "position": f"{a}_{b}", "fill": (9, 99, 199)})
        for a in ("top", "bottom")
        for b in ("left", "right")
    ),
    ("PadIfNeeded", {"min_height": None, "min_width": None, "pad_height_divisor": 50, "pad_width_divisor": 50}),
    ("CenterCrop", {"height": 31, "width": 42}),
    ("CenterCrop", {"height": 91, "width": 42, "pad_if_needed": True}),
    ("RandomCrop", {"height": 91, "width": 121, "pad_if_needed": True, "fill": 30}),
    ("RandomCrop", {"height": 91, "width": 121, "pad_if_needed": True, "pad_position": "top_left"}),
    ("RandomResizedCrop", {"size": (50, 60), "scale": (1, 1), "ratio": (W / H, W / H)}),
    ("RandomSizedCrop", {"min_max_height": (H, H), "size": (50, 60), "w2h_ratio": W / H}),
    ("RandomBrightnessContrast", {"brightness_limit": (0.1, 0.1), "contrast_limit": (0.3, 0.3)}),
    ("RandomGamma", {"gamma_limit": (70, 70)}),
    ("RandomGamma", {"gamma_limit": (150, 150)}),
    ("Solarize", {"threshold_range": (0.4, 0.4)}),
    ("Posterize", {"num_bits": 3}),
    ("InvertImg", {}),
    ("Equalize", {}),
    ("AutoContrast", {}),
    ("AutoContrast", {"method": "pil"}),
    ("RGBShift", {"r_shift_limit": (20, 20), "g_shift_limit": (-10, -10), "b_shift_limit": (5, 5)}),
    *(
        (
            "ColorJitter",
            {**dict.fromkeys(("brightness", "contrast", "saturation"), (1, 1)), "hue": (0, 0), name: (v, v)},
        )
        for name, v in (("brightness", 1.2), ("contrast", 1.3), ("saturation", 1.4))
    ),
    ("ToGray", {}),
    ("ToGray", {"num_output_channels": 1}),
    *(("ToGray", {"method": method}) for method in ("desaturation", "average", "max")),
    ("ToSepia", {}),
    ("PlanckianJitter", {"temperature_limit": (6000, 6000)}),
    ("Normalize", {}),
    ("Normalize", {"mean": 0.4, "std": 0.2}),
    ("Blur", {"blur_limit": (5, 5)}),
    ("MedianBlur", {"blur_limit": (5, 5)}),
    ("GaussianBlur", {"sigma_limit": (0.7, 0.7)}),
    ("GaussianBlur", {"sigma_limit": (3.0, 3.0)}),
    ("Sharpen", {"alpha": (0.3, 0.3), "lightness": (1, 1)}),
    ("Emboss", {"alpha": (0.4, 0.4), "strength": (0.5, 0.5)}),
    ("Downscale", {"scale_range": (0.5, 0.5), "interpolation_pair": {"downscale": 3, "upscale": 1}}),
    ("Downscale", {"scale_range": (0.3, 0.3), "interpolation_pair": {"downscale": 6, "upscale": 6}}),
    ("MultiplicativeNoise", {"multiplier": (1.2, 1.2)}),
    ("TimeReverse", {}),
    ("NoOp", {}),
    ("Crop", {"x_min": 5, "y_min": 7, "x_max": 85, "y_max": 66}),
    ("CropAndPad", {"px": [-3, 4, 5, -6], "keep_size": False, "fill": 7}),
    ("AtLeastOneBBoxRandomCrop", {"height": H, "width": W}),
    ("ToFloat", {}),
    ("ToFloat", {"max_value": 100.0}),
    *(
        ("Normalize", {"normalization": f"{kind}{end}"})
        for kind in ("image", "min_max")
        for end in ("", "_per_channel")
    ),
    ("RingingOvershoot", {"blur_limit": (9, 9), "cutoff": (1.0, 1.0)}),
    ("Illumination", {"intensity_range": (0.2, 0.2), "effect_type": "darken", "angle_range": (90, 90)}),
]
"""Transforms without a draw, by degenerate ranges.  Those that the report calls exact must agree."""

GEOMETRY = ("Rotate", "Affine", "ShiftScaleRotate", "SafeRotate")
"""What interpolates along an outline."""


@pytest.fixture(scope="module")
def library() -> Any:
    return pytest.importorskip("albumentations", reason="albumentations is not installed")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the other library
        yield


def made(library: Any, name: str, fields: Fields, **outer: Any) -> Any:
    return library.Compose([getattr(library, name)(**{"p": 1.0, **fields})], **outer)


def both(library: Any, name: str, fields: Fields, photo: np.ndarray) -> tuple[dict, dict, Any]:
    """What both make of a sample with everything in it, and the entry of the report."""
    there = made(
        library,
        name,
        fields,
        bbox_params=library.BboxParams("pascal_voc", label_fields=[]),
        keypoint_params=library.KeypointParams("xy", remove_invisible=False),
    )
    image = np.ascontiguousarray(photo[:H, :W])
    chain, report = augment.from_albumentations(there, image_size=image.shape[:2])
    sample = {"image": image, "mask": (image[..., 0] > 120).astype(np.uint8)}
    theirs = there(**sample, bboxes=BOXES, keypoints=POINTS)
    chain = augment.Compose.from_dict({**chain.to_dict(), "remove_invisible": False})
    return theirs, chain(**sample, boxes=BOXES, keypoints=POINTS + 0.5, key=1), report.entries[1]


@pytest.mark.parametrize(("name", "fields"), FIXED)
def test_what_is_exact_gives_what_albumentations_gives(
    library: Any, photo: np.ndarray, name: str, fields: Fields
) -> None:
    theirs, ours, entry = both(library, name, fields, photo)
    assert entry.verdict == "exact" or "there by one factor" in str(entry.reasons), entry
    a, b = np.squeeze(theirs["image"]).astype(float), np.squeeze(ours["image"]).astype(float)
    assert a.shape == b.shape
    unlike = np.abs(a - b).reshape(*a.shape[:2], -1).max(axis=2)
    white = 255.0 if theirs["image"].dtype == np.uint8 else 1.0
    if name not in GEOMETRY:
        assert unlike.max() <= white / 255
    else:
        inside = ~outline(library, name, fields)
        assert (unlike[inside] <= 2 * white / 255).mean() >= 0.999
        assert inside.mean() > 0.8
    if issubclass(getattr(library, name), library.ImageOnlyTransform):
        return
    assert np.abs(np.asarray(theirs["bboxes"]) - ours["boxes"]).max() <= 0.01
    # Where pixels are moved an index means a centre; where sides are scaled it is taken as it is.
    scaled = "Size" in name or name in ("Resize", "RandomResizedCrop", "RandomSizedCrop")
    share = np.array(theirs["image"].shape[1::-1]) / (W, H) if scaled else 1.0
    assert np.abs(np.asarray(theirs["keypoints"]) - (ours["keypoints"] - 0.5 * share)).max() <= 0.01
    if not scaled:
        assert (theirs["mask"] != ours["mask"]).mean() <= 0.02  # ties of the nearest pixel


def outline(library: Any, name: str, fields: Fields) -> np.ndarray:
    """Where a white image on black is grey: the line that albumentations mixes with the fill."""
    if fields.get("border_mode", 0) != 0:
        return np.zeros((H, W), bool)
    white = np.full((H, W, 3), 255, np.uint8)
    seen = made(library, name, {**fields, "fill": 0, "interpolation": 1})(image=white)["image"][..., 0]
    edge = (seen > 0) & (seen < 255)
    if fields.get("interpolation") == 2:  # which reaches a pixel farther, also out of what is seen
        edge |= np.pad(np.zeros((H - 2, W - 2), bool), 1, constant_values=True)
        for axis in (0, 1):
            edge |= np.roll(edge, 1, axis) | np.roll(edge, -1, axis)
    return edge


LAWS: list[tuple[str, Fields, float]] = [
    ("GaussNoise", {"std_range": (0.1, 0.1), "mean_range": (0.05, 0.05)}, 0.03),
    ("GaussNoise", {"std_range": (0.1, 0.1), "per_channel": False}, 0.03),
    ("AdditiveNoise", {"noise_type": "gaussian", "spatial_mode": "per_pixel",
                       "noise_params": {"mean_range": (0.0, 0.0), "std_range": (0.1, 0.1)}}, 0.03),
    ("AdditiveNoise", {"noise_type": "uniform", "spatial_mode": "shared",
                       "noise_params": {"ranges": [(-0.2, 0.1)]}}, 0.03),
    ("SaltAndPepper", {"amount": (0.1, 0.1), "salt_vs_pepper": (0.3, 0.3)}, 0.08),
    ("PixelDropout", {"dropout_prob": 0.2}, 0.05),
]  # fmt: skip
"""Noise with fixed parameters, and how far mean and deviation of the change may be apart."""


@pytest.mark.parametrize(("name", "fields", "apart"), LAWS)
def test_noise_has_the_law_of_albumentations(
    library: Any, photo: np.ndarray, name: str, fields: Fields, apart: float
) -> None:
    image = np.ascontiguousarray(photo[:H, :W])
    there = made(library, name, fields, seed=5)
    chain, report = augment.from_albumentations(there)
    assert report.exact, str(report)
    rounds = 24
    theirs = np.stack([there(image=image)["image"] for _ in range(rounds)]).astype(float) - image
    ours = np.stack([chain(image=image, key=k)["image"] for k in range(rounds)]).astype(float) - image
    spread = theirs.std()
    assert abs(theirs.mean() - ours.mean()) <= apart * spread
    assert abs(ours.std() - spread) <= apart * spread
    among = [np.corrcoef(found[..., 0].ravel(), found[..., 1].ravel())[0, 1] for found in (theirs, ours)]
    assert abs(among[0] - among[1]) <= 0.1


def test_the_defaults_are_those_of_albumentations(library: Any) -> None:
    import inspect

    assert len(set(defaults()) - set(GROUPS)) == 116
    for name, known in defaults().items():
        parameters = inspect.signature(getattr(library, name).__init__).parameters
        found = {k: v.default for k, v in parameters.items() if k not in ("self", "transforms", "first", "second")}
        assert {k for k, v in found.items() if v is inspect.Parameter.empty} == set(required()[name])
        for key, value in found.items():
            if value is not inspect.Parameter.empty and not callable(value):
                assert known[key] == value, f"{name}.{key}"
    bases = ("BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D")
    there = {n for n in dir(library) if isinstance(getattr(library, n), type)}
    missing = {n for n in there if issubclass(getattr(library, n), library.BasicTransform)} - set(defaults())
    assert missing <= {*bases, "ToTensorV2", "ToTensor3D"}


@pytest.mark.parametrize("name", sorted({*defaults()} - {"Lambda", "TextImage"}))
def test_every_class_and_parameter_is_known(library: Any, name: str) -> None:
    """An object with default parameters; what it says of itself is read to the last word."""
    fields = dict(EXAMPLES.get(name, {}))
    fields |= {key: (2, 2, 2) if key in ("size", "padding") else 3 for key in required()[name] if key not in fields}
    if name in GROUPS:
        inner = library.Compose([library.NoOp()] * 2) if "Compose" in name else library.NoOp()
        fields = {"transforms": [inner, library.NoOp()]}
    fields |= {"Pad3D": {"padding": 3}, "PadIfNeeded3D": {"min_zyx": (4, 4, 4)}}.get(name, {})
    _, report = augment.from_albumentations(getattr(library, name)(**fields), image_size=512)
    entry = report.entries[0]
    assert entry.verdict in ("exact", "approximate", "missing")
    assert "no such parameter is known" not in str(report)
    assert entry.verdict == "exact" or entry.reasons or entry.unmapped
    assert "do not fit" not in str(entry.reasons)


def test_every_class_has_a_mapping() -> None:
    assert set(defaults()) - set(GROUPS) <= set(MAPPINGS)


WITHOUT = {"Morphological", "SelectiveChannelTransform", "TextImage", "ToRGB"}
"""Classes of which nothing here is the like, and those whose like may be missing yet."""


BY_PARAMETERS = {"AdditiveNoise", "AutoContrast", "MultiplicativeNoise", "PlasmaBrightnessContrast"}
"""Classes that are one or another of ours."""


@pytest.mark.parametrize("name", sorted(defaults()))
def test_errors_and_pipelines_name_the_same(name: str) -> None:
    """``augment.RandomGamma`` and a pipeline with it say the same class of ours."""
    entry = entry_of(name)
    if name in {*WITHOUT, *VOLUMES, *BY_PARAMETERS}:
        return
    ours = TRANSFORMS_THERE["albumentations"].get(name, name).partition("(")[0]
    assert ours in entry.here
    assert hasattr(augment, ours)


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    page = ROOT / "docs" / "albumentations.md"
    if not page.is_file():
        pytest.skip("the documentation is not in the wheel")
    assert page.read_text() == table(), "python -m augment convert --table > docs/albumentations.md"


# --- without the library ----------------------------------------------------------------------------------------------


def plain(name: str, **fields: Any) -> dict[str, Any]:
    return {"__class_fullname__": name, **fields}


def outermost(*transforms: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"__version__": "1.3.1", "transform": plain("Compose", p=1.0, transforms=list(transforms), **fields)}


OLD: list[tuple[dict[str, Any], Any]] = [
    (
        plain("albumentations.augmentations.transforms.HorizontalFlip", always_apply=True, p=0.5),
        augment.HorizontalFlip(p=1),
    ),
    (
        plain("RandomResizedCrop", height=64, width=48, scale=[0.5, 1.0], ratio=[0.8, 1.2], interpolation=1, p=1.0),
        augment.ResizedCrop(size=(64, 48), scale=(0.5, 1.0), ratio=(0.8, 1.2), interpolation="bilinear"),
    ),
    (
        plain("GaussNoise", var_limit=[100.0, 400.0], mean=0, per_channel=True, p=0.5),
        augment.GaussianNoise(sigma=(10 / 255, 20 / 255)),
    ),
    (plain("JpegCompression", quality_lower=50, quality_upper=90, p=0.5), augment.Compression(quality=(50, 90))),
    (
        plain("Cutout", num_holes=8, max_h_size=32, max_w_size=64, fill_value=255, p=0.5),
        augment.CoarseDropout(holes=(8, 8), height=(0.125, 0.125), width=(0.125, 0.125), fill=1.0),
    ),
    (
        plain("ShiftScaleRotate", shift_limit_x=[0, 0], shift_limit_y=[0, 0], scale_limit=[0.0, 0.2],
              rotate_limit=[-9, 9], interpolation=1, border_mode=4, value=None, mask_value=None, p=0.5),
        augment.Affine(scale=(1.0, 1.2), rotate=(-9, 9), keep_ratio=False, border="reflect_101"),
    ),
    (plain("Solarize", threshold=[102, 204], p=0.5), augment.Solarize(threshold=(0.4, 0.8))),
    (plain("RandomBrightness", limit=0.3, p=0.5), augment.BrightnessContrast(brightness=(-0.3, 0.3), contrast=(0, 0))),
    (plain("RandomGamma", gamma_limit=[50, 150], eps=None, p=0.5), augment.Gamma(gamma=(0.5, 1.5))),
    (
        plain("PadIfNeeded", min_height=64, min_width=None, pad_height_divisor=None, pad_width_divisor=32,
              border_mode=0, value=[0, 51, 255], mask_value=7, p=1.0, position="center"),
        augment.PadToSize(size=(64, 1), divisor=(1, 32), fill=(0, 0.2, 1), mask_fill=7),
    ),
    (
        plain("Flip", p=0.75),
        augment.OneOf([augment.HorizontalFlip(p=1), augment.VerticalFlip(p=1),
                       augment.Sequential([augment.HorizontalFlip(p=1), augment.VerticalFlip(p=1)])], p=0.75),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), OLD)
def test_names_of_older_versions(given: dict[str, Any], expected: Any) -> None:
    chain, _ = augment.from_albumentations(outermost(given), image_size=(256, 512))
    assert chain.transforms == (expected,)


def test_signs_and_units() -> None:
    chain, report = augment.from_albumentations(
        outermost(
            plain("Affine", shear={"x": [5, 20], "y": [-3, 4]}, rotate=[10, 20], scale=1.0, p=1),
            plain("HueSaturationValue", hue_shift_limit=[-18, 36], sat_shift_limit=51, val_shift_limit=[0, 0], p=1),
            plain("RGBShift", r_shift_limit=51, g_shift_limit=0.1, b_shift_limit=[-25.5, 0], p=1),
            plain("Blur", blur_limit=7, p=1),
            plain("Pad", padding=[1, 2, 3, 4], p=1),
            plain(
                "MotionBlur", blur_limit=[5, 9], angle_range=[10, 40], allow_shifted=False, direction_range=[0, 0], p=1
            ),
            plain("ToFloat", max_value=None, p=1),
            plain("Pad", padding=1, fill=0.5, p=1),
        )
    )
    affine, hsv, rgb, blur, pad, motion, *_, last = chain.transforms
    assert affine.transforms[0].rotate == (10, 20)
    assert affine.transforms[1].shear == ((-20, -5), (-3, 4))
    assert (hsv.hue, hsv.saturation, hsv.value) == ((-0.1, 0.2), (-0.2, 0.2), (0, 0))
    assert (rgb.red, rgb.green, rgb.blue) == ((-0.2, 0.2), (-0.1, 0.1), (-0.1, 0))
    assert blur.radius == (1, 3)
    assert pad.padding == (2, 4, 1, 3)
    assert motion.length == (5, 9)
    assert motion.angle == (-40, -10)
    assert last.fill == 0.5 or "ToFloat" in str(report.entries[7])


def test_groups_choose_as_they_do_there() -> None:
    flip, turn = plain("HorizontalFlip", p=0.2), plain("VerticalFlip", p=0.6)
    unknown = plain("mine.Frost", p=0.7)
    chain, report = augment.from_albumentations(
        outermost(
            plain("OneOf", transforms=[flip, turn, unknown]),
            plain("OneOrOther", transforms=[flip, turn], p=0.3),
            plain("SomeOf", transforms=[flip, turn], n=1, replace=False, p=1),
            plain("RandomOrder", transforms=[flip, turn], n=5, replace=False, p=0.4),
            plain("Sequential", transforms=[flip, unknown], p=0.9),
            plain("OneOf", transforms=[flip, plain("SomeOf", transforms=[flip, turn], n=1, p=0.5)], p=1),
            plain(
                "OneOf", transforms=[plain("RandomCrop", height=4, width=4), plain("Blur"), plain("mine.Frost")], p=1
            ),
        )
    )
    one, other, some, order, row, nested, weights = chain.transforms
    h, v = augment.HorizontalFlip(p=0.2), augment.VerticalFlip(p=0.6)
    assert one == augment.OneOf([h, v, augment.Sequential([], p=0.7)], p=0.5)
    assert other == augment.OneOf([augment.HorizontalFlip(p=0.3), augment.VerticalFlip(p=0.7)], p=1.0)
    assert some == augment.SomeOf([h, v], n=1)
    assert order == augment.SomeOf([h, v], n=2, shuffle=True, p=0.4)
    assert row == augment.Sequential([h], p=0.9)
    assert nested.transforms[1] == augment.Sequential([augment.SomeOf([h, v], n=1, p=0.5)], p=0.5)
    assert [part.p for part in weights.transforms] == [1.0, 0.5, 0.5]  # as their classes have it
    verdicts = {entry.place: entry.verdict for entry in report}
    assert verdicts["transforms[0].transforms[2]"] == "missing"
    assert verdicts["transforms[0]"] == verdicts["transforms[4]"] == "approximate"
    assert verdicts["transforms[1]"] == verdicts["transforms[3]"] == "exact"


def test_targets_of_the_outermost() -> None:
    boxes = {"format": "coco", "label_fields": ["ids"], "min_area": 20, "min_visibility": 0.1, "min_width": 3.0}
    points = {"format": "xy", "label_fields": ["names"], "remove_invisible": False}
    further = {"image2": "image", "mask2": "mask", "bboxes2": "bboxes"}
    chain, report = augment.from_albumentations(
        outermost(
            plain("HorizontalFlip", p=0.5),
            bbox_params=boxes,
            keypoint_params=points,
            additional_targets=further,
            seed=7,
        )
    )
    assert (chain.box_format, chain.box_fields, chain.min_area, chain.min_visibility) == ("coco", ("ids",), 20, 0.1)
    assert (chain.keypoint_fields, chain.remove_invisible, chain.seed) == (("names",), False, 7)
    assert (chain.image_names, chain.mask_names) == (("image2",), ("mask2",))
    assert "save_applied_params" not in str(report)
    assert {name for name, _ in report.entries[0].unmapped} >= {"bbox_params.min_width", "additional_targets.bboxes2"}


def test_what_no_mapping_reads_is_reported() -> None:
    _, report = augment.from_albumentations(outermost(plain("HorizontalFlip", p=0.5, wobble=3)))
    assert report.entries[1].unmapped == (("wobble", "no such parameter is known"),)
    assert report.entries[1].verdict == "approximate"
    assert not report.exact


ODD: list[Any] = [None, "x", [], [None, None], float("nan"), -1, 10**30, {"x": [1, 2]}, b"z"]


@pytest.mark.parametrize("name", ["Affine", "CropAndPad", "Downscale", "GridDropout", "AdditiveNoise", "SomeOf", "Pad"])
def test_parameters_of_any_kind_are_reported(name: str) -> None:
    """A parameter that does not fit makes its transform missing, and no other error."""
    inner = {"transforms": [plain("HorizontalFlip")]} if name in GROUPS else {}
    for key in defaults()[name].keys() - {"p"}:
        for odd in ODD:
            _, report = augment.from_albumentations(outermost(plain(name, **inner, **{key: odd})))
            assert report.entries[1].verdict in ("exact", "approximate", "missing")


@pytest.mark.parametrize("wrong", [{"bbox_params": "x"}, {"seed": float("inf")}, {"additional_targets": 3}])
def test_a_chain_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="pipeline must be one that albumentations takes"):
        augment.from_albumentations(outermost(**wrong))
    _, report = augment.from_albumentations({"transform": plain("Compose", transforms=[], p="often")})
    assert report.entries[0].unmapped[0][0] == "p"


def test_strict_refuses_what_is_not_exact() -> None:
    fine = outermost(plain("HorizontalFlip", p=0.5))
    assert augment.from_albumentations(fine, strict=True)[1].exact
    with pytest.raises(ValueError, match=r"strict=True, and 2 .*transforms\[1\]: CLAHE: luma .*mine.Frost"):
        augment.from_albumentations(
            outermost(plain("HorizontalFlip"), plain("CLAHE"), plain("mine.Frost")), strict=True
        )


def test_sizes_in_pixels_are_fractions_of_what_is_known() -> None:
    hole = plain("CoarseDropout", hole_height_range=[16, 16], hole_width_range=[16, 16], p=1)
    resize = plain("Resize", height=64, width=128, p=1)
    known, report = augment.from_albumentations(outermost(resize, hole))
    assert (known.transforms[1].height, known.transforms[1].width) == ((0.25, 0.25), (0.125, 0.125))
    assert report.entries[2].verdict == "exact"
    unknown, report = augment.from_albumentations(outermost(hole))
    assert unknown.transforms[0].height == (16 / 512, 16 / 512)
    assert "image_size" in str(report.entries[1].reasons)


def test_live_objects_and_files_give_the_same(library: Any, tmp_path: Path) -> None:
    there = library.Compose(
        [
            library.RandomCrop(32, 48),
            library.OneOf([library.Blur(), library.RandomGamma()], p=0.7),
            library.Normalize(),
        ],
        bbox_params=library.BboxParams("yolo", label_fields=["ids"]),
    )
    live, report = augment.from_albumentations(there)
    assert report.exact
    assert augment.from_albumentations(there.to_dict())[0] == live
    for suffix in ("json", "yaml"):
        file = tmp_path / f"pipeline.{suffix}"
        library.save(there, file, data_format=suffix)
        assert augment.from_albumentations(file)[0] == augment.from_albumentations(str(file))[0] == live
    replay = library.ReplayCompose([library.HorizontalFlip(p=1)])
    record = replay(image=np.zeros((4, 4, 3), np.uint8))["replay"]
    assert augment.from_albumentations(record)[0].transforms == (augment.HorizontalFlip(p=1),)


def test_channels_of_live_objects_are_not_forgotten(library: Any) -> None:
    """As ``to_dict`` of albumentations forgets them."""
    there = library.SelectiveChannelTransform([library.InvertImg(p=1)], channels=(0, 2))
    if not hasattr(augment, "SelectiveChannel"):
        pytest.skip("SelectiveChannel is not in this version")
    chain, report = augment.from_albumentations(there)
    assert chain.transforms[0].channels == (0, 2)
    assert report.exact
    assert "forgets channels" in str(augment.from_albumentations(there.to_dict())[1])


def test_references_of_live_objects_come_along(library: Any, photo: np.ndarray) -> None:
    there = library.HistogramMatching([photo], read_fn=lambda image: image, blend_ratio=(1, 1), p=1)
    chain, _ = augment.from_albumentations(there)
    assert np.array_equal(chain.transforms[0].references[0], photo)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_program_that_makes_the_chain(tmp_path: Path, capsys: Any) -> None:
    given = outermost(
        plain("RandomCrop", height=32, width=48, p=1), plain("OneOf", transforms=[plain("Blur"), plain("CLAHE")])
    )
    file = tmp_path / "pipeline.json"
    file.write_text(json.dumps(given))
    chain, report = augment.from_albumentations(file)
    assert augment_main(["convert", str(file)]) == 0
    source = capsys.readouterr().out
    names: dict[str, Any] = {}
    exec(source, names)
    assert names["chain"] == chain
    assert all(f"# {line}".rstrip() in source for line in str(report).splitlines())
    assert augment_main(["convert", str(file), "--to", "yaml"]) == 0
    assert augment.Compose.from_yaml(capsys.readouterr().out) == chain
    assert augment_main(["convert", str(file), "--strict"]) == 2
    assert "CLAHE" in capsys.readouterr().err


BAD: list[tuple[str, str | bytes, str]] = [
    ("a.json", "{", "must be JSON"),
    ("a.yaml", "a: [", "must be YAML"),
    ("a.json", "[1, 2]", "must hold what to_dict"),
    ("a.json", '{"transforms": []}', "a dict with 'transform'"),
    (
        "a.json",
        '{"transform": {"__class_fullname__": "Compose", "transforms": [3]}}',
        r"transforms\[0\] must be a dict",
    ),
    ("a.json", '{"version": 1, "transform": "Compose"}', "Compose.from_dict"),
    ("a.bin", b"\xff\xfe\x00", "must be a text file"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_bad_files_are_refused(tmp_path: Path, capsys: Any, name: str, content: str | bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        augment.from_albumentations(file)
    assert augment_main(["convert", str(file)]) == 2
    assert capsys.readouterr().err.startswith("python -m augment convert: ")


def test_what_is_no_pipeline_is_refused(capsys: Any) -> None:
    for wrong in (3, None, [augment.HorizontalFlip], augment.HorizontalFlip):
        with pytest.raises(TypeError, match="pipeline must be"):
            augment.from_albumentations(wrong)
    with pytest.raises(FileNotFoundError, match="pipeline must be the path of a file"):
        augment.from_albumentations("nowhere.json")
    with pytest.raises(TypeError, match="strict"):
        augment.from_albumentations(outermost(), strict="yes")
    assert augment_main(["convert"]) == 2
    assert "--table" in capsys.readouterr().err


def test_source_says_what_it_cannot_hold(photo: np.ndarray) -> None:
    chain = augment.Compose([augment.MatchHistogram(references=[photo])])
    with pytest.raises(ValueError, match=r"chain\[0\].references is data of the caller"):
        python_source(chain)

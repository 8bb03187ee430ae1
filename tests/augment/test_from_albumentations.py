"""Pipelines of albumentations as chains: what the report calls exact agrees with the library itself."""

from __future__ import annotations

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
    defaults,
    entry_of,
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


APART: list[tuple[str, Fields, float]] = [
    ("CLAHE", {"clip_limit": (3, 3)}, 4),
    (
        "HueSaturationValue",
        {"hue_shift_limit": (10, 10), "sat_shift_limit": (20, 20), "val_shift_limit": (10, 10)},
        0.6,
    ),
    ("ColorJitter", {**dict.fromkeys(("brightness", "contrast", "saturation"), (1, 1)), "hue": (0.1, 0.1)}, 0.5),
    ("Equalize", {"mode": "pil"}, 2),
    ("Equalize", {"by_channels": False}, 0.5),
    ("AutoContrast", {"method": "pil", "cutoff": 5}, 1),
    ("ToGray", {"method": "from_lab"}, 8),
    ("RandomToneCurve", {"scale": 0}, 6),
    ("GaussianBlur", {"blur_limit": (3, 3), "sigma_limit": (1.5, 1.5)}, 1.5),
    (
        "MotionBlur",
        {"blur_limit": (9, 9), "allow_shifted": False, "angle_range": (30, 30), "direction_range": (0, 0)},
        3,
    ),
    ("Defocus", {"radius": (4, 4), "alias_blur": (0.3, 0.3)}, 0.5),
    ("Sharpen", {"alpha": (0.3, 0.3), "lightness": (0.5, 0.5)}, 1.2),
    ("UnsharpMask", {"blur_limit": (7, 7), "sigma_limit": (1, 1), "alpha": (0.4, 0.4), "threshold": 5}, 1),
    ("ImageCompression", {"quality_range": (60, 60)}, 4),
]
"""What is approximate, and how many levels of 255 on average its reasons allow."""


@pytest.mark.parametrize(("name", "fields", "most"), APART)
def test_what_is_approximate_is_as_near_as_is_said(
    library: Any, photo: np.ndarray, name: str, fields: Fields, most: float
) -> None:
    theirs, ours, entry = both(library, name, fields, photo)
    assert entry.verdict == "approximate"
    assert entry.reasons
    assert np.abs(theirs["image"].astype(float) - ours["image"]).mean() <= most


@pytest.mark.parametrize(("alpha", "sigma"), [(120, 6), (50, 5)])
def test_elastic_moves_as_far_as_there(library: Any, alpha: float, sigma: float) -> None:
    there = library.ElasticTransform(alpha=alpha, sigma=sigma, p=1.0)
    chain, _ = augment.from_albumentations(there, image_size=256)
    image = np.zeros((256, 256), np.uint8)
    inside = np.arange(40, 216, 16)
    points = np.stack(np.meshgrid(inside, inside), -1).reshape(-1, 2) + 0.5
    theirs, ours = [], []
    for key in range(6):
        maps = there.get_params_dependent_on_data({"shape": image.shape}, {"image": image})
        theirs.append(maps["map_x"][np.ix_(inside, inside)] - inside)
        ours.append(np.asarray(chain(image=image, keypoints=points, key=key)["keypoints"]) - points)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.25)


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


@pytest.mark.parametrize("name", sorted({*defaults()} - {"Lambda"}))
def test_every_class_and_parameter_is_known(library: Any, name: str) -> None:
    """An object with default parameters; what it says of itself is read to the last word."""
    fields = dict(EXAMPLES.get(name, {}))
    fields |= {key: (2, 2, 2) if key in ("size", "padding") else 3 for key in required()[name] if key not in fields}
    if name in GROUPS:
        inner = library.Compose([library.NoOp()] * 2) if "Compose" in name else library.NoOp()
        fields = {"transforms": [inner, library.NoOp()]}
    fields |= {
        "TextImage": {"font_path": "font.ttf"},
        "Pad3D": {"padding": 3},
        "PadIfNeeded3D": {"min_zyx": (4, 4, 4)},
    }.get(name, {})
    _, report = augment.from_albumentations(getattr(library, name)(**fields), image_size=512)
    entry = report.entries[0]
    assert entry.verdict in ("exact", "approximate", "missing")
    assert "no such parameter is known" not in str(report)
    assert entry.verdict == "exact" or entry.reasons or entry.unmapped
    assert "do not fit" not in str(entry.reasons)


def test_every_class_has_a_mapping() -> None:
    assert set(defaults()) - set(GROUPS) <= set(MAPPINGS)


WITHOUT = {"ToRGB"}
"""Classes of which nothing here is the like."""


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
    pytest.importorskip("yaml")
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
    chain, report = augment.from_albumentations(there)
    assert chain.transforms[0].channels == (0, 2)
    assert report.exact
    assert "forgets channels" in str(augment.from_albumentations(there.to_dict())[1])


@pytest.mark.parametrize(
    ("options", "here"), [({}, "raise"), ({"clip": True}, "clip"), ({"filter_invalid_bboxes": True}, "clip")]
)
def test_boxes_out_of_the_image_are_treated_as_there(library: Any, options: dict[str, bool], here: str) -> None:
    """``filter_invalid_bboxes``, which ``to_dict`` forgets, cuts boxes, too."""
    there = library.Compose([], bbox_params=library.BboxParams("pascal_voc", label_fields=["labels"], **options))
    chain, _ = augment.from_albumentations(there)
    assert chain.box_outside == here
    image, boxes = np.zeros((48, 64, 3), np.uint8), [(-5.0, 0.0, 20.0, 20.0), (3.0, 3.0, 30.0, 10.0)]
    if here == "raise":
        with pytest.raises(ValueError, match="Expected x_min"):
            there(image=image, bboxes=boxes, labels=[1, 2])
        return
    ours = chain(image=image, boxes=boxes, labels=[1, 2])["boxes"]
    np.testing.assert_allclose(ours, there(image=image, bboxes=boxes, labels=[1, 2])["bboxes"], atol=1e-4)


def test_references_of_live_objects_come_along(library: Any, photo: np.ndarray) -> None:
    there = library.HistogramMatching([photo], read_fn=lambda image: image, blend_ratio=(1, 1), p=1)
    chain, _ = augment.from_albumentations(there)
    assert np.array_equal(chain.transforms[0].references[0], photo)


def test_a_turn_leaves_the_size_unknown_unless_images_are_square() -> None:
    holes = {"__class_fullname__": "CoarseDropout", "p": 1.0, "hole_height_range": (8, 8), "hole_width_range": (8, 8)}
    turned = [{"__class_fullname__": "RandomRotate90", "p": 0.5}, holes]
    plain = {"transform": {"__class_fullname__": "Compose", "p": 1.0, "transforms": turned}}
    square, report = augment.from_albumentations(plain, image_size=(96, 96))
    assert square.transforms[1].height == (8 / 96, 8 / 96)
    assert report.entries[-1].verdict == "exact"
    _, report = augment.from_albumentations(plain, image_size=(96, 128))
    assert "the size of images is not known at this place" in str(report)

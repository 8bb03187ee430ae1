"""Pipelines of albumentations as plain data: names of older versions, signs and units, groups, targets, the command.

Nothing of albumentations has to be installed for these.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.migrate import GROUPS, augment_main, defaults, python_source

import augment


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
    (plain("ImageCompression", quality_lower=50, quality_upper=90, compression_type=1, p=1.0),
     augment.Compression(quality=(50, 90), format="webp", p=1.0)),
    (plain("ImageCompression", quality_lower=50, quality_upper=90, compression_type=0, p=1.0),
     augment.Compression(quality=(50, 90), p=1.0)),
    (plain("RandomSizedCrop", min_max_height=[64, 128], size=[32, 64], w2h_ratio=2.0, p=1.0),
     augment.ResizedCrop(size=(32, 64), scale=(0.0625, 0.25), ratio=(2.0, 2.0), interpolation="bilinear")),
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


def test_a_detection_pipeline_of_1_3() -> None:
    old = {"always_apply": False}
    chain, report = augment.from_albumentations(
        outermost(
            plain("LongestMaxSize", max_size=640, interpolation=1, p=1, **old),
            plain("PadIfNeeded", min_height=640, min_width=640, position="PositionType.CENTER", border_mode=0,
                  value=[114, 114, 114], mask_value=None, p=1.0, **old),
            plain("CoarseDropout", max_holes=8, max_height=8, max_width=8, fill_value=0, mask_fill_value=None, **old),
            plain("Normalize", mean=[0.5, 0.5, 0.5], std=[0.25, 0.25, 0.25], max_pixel_value=255.0, p=1.0, **old),
            plain("ToTensorV2", always_apply=True, p=1.0, transpose_mask=False),
        )
    )  # fmt: skip
    assert report.exact
    assert chain.layout == "first"
    assert chain.transforms[2].height == (8 / 640, 8 / 640)
    done = chain(image=np.zeros((30, 40, 3), np.uint8), key=1)["image"]
    assert done.shape == (3, 640, 640)
    assert done.dtype == np.float32
    assert done[0, 0, 0] == pytest.approx((114 / 255 - 0.5) / 0.25)


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


def test_texts_are_edited_as_they_were() -> None:
    written = plain("TextImage", font_path=None, clear_bg=True, augmentations=["swap", None, "deletion"], p=1.0)
    chain, report = augment.from_albumentations(outermost(written))
    assert chain.transforms[0].edits == ("swap", "keep", "deletion")
    assert chain.transforms[0].clear
    assert not report.entries[1].unmapped
    chain, report = augment.from_albumentations(outermost(plain("TextImage", augmentations=None, p=1.0)))
    assert set(chain.transforms[0].edits) == {"keep"}
    assert not any("edit" in reason or "word" in reason for reason in report.entries[1].reasons)


@pytest.mark.parametrize("name", ["Frost", "mine.Frost", "mine.HorizontalFlip"])
def test_what_is_no_transform_of_theirs_is_said_to_be_none(name: str) -> None:
    chain, report = augment.from_albumentations(outermost(plain(name)))
    assert not chain.transforms
    assert report.entries[1].reasons[0].startswith("it is no transform of albumentations")


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
    assert augment_main(["convert", str(file), "--strict"]) == 2
    assert "CLAHE" in capsys.readouterr().err
    pytest.importorskip("yaml")
    assert augment_main(["convert", str(file), "--to", "yaml"]) == 0
    assert augment.Compose.from_yaml(capsys.readouterr().out) == chain


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
    if "yaml" in name:
        pytest.importorskip("yaml")
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

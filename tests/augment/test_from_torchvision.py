"""Transforms of torchvision as chains: objects are read by attribute, and what is exact agrees with the library."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import augment

H, W = 72, 96


def fake(name: str, **attributes: Any) -> Any:
    """An object of a class of this name, as torchvision would hold it."""
    made = type(name, (), {"__call__": lambda self, x: x})()
    vars(made).update(attributes)
    return made


class Mode:
    """As torchvision's InterpolationMode."""

    def __init__(self, value: str) -> None:
        self.value = value


def chain_of(*transforms: Any, **options: Any) -> tuple[augment.Compose, Any]:
    return augment.from_torchvision(fake("Compose", transforms=list(transforms)), **options)


PADDED = augment.Pad(padding=(3, 3, 2, 2), border="replicate")
READ: list[tuple[Any, Any, str]] = [
    (fake("RandomHorizontalFlip", p=0.3), augment.HorizontalFlip(p=0.3), "exact"),
    (
        fake("RandomAffine", degrees=[-5.0, 10.0], translate=None, scale=(0.9, 1.2), shear=[1.0, 2.0, 3.0, 4.0],
             interpolation="bilinear", fill=51, center=None),
        augment.Affine(
            rotate=(-10, 5), scale=(0.9, 1.2), shear=((-2, -1), (3, 4)), fill=0.2, p=1
        ),
        "exact",
    ),
    (
        fake("RandomRotation", degrees=[-5.0, 10.0], interpolation=Mode("nearest"), expand=False, center=None, fill=0),
        augment.Rotate(angle=(-5, 10), interpolation="nearest", p=1),
        "exact",
    ),
    (
        fake("Resize", size=[20, 30], interpolation=Mode("bilinear"), max_size=None, antialias=False),
        augment.Resize(size=(20, 30), interpolation="bilinear"),
        "exact",
    ),
    (
        fake("RandomResizedCrop", size=(20, 30), scale=(0.2, 1.0), ratio=(0.75, 1.5), interpolation=Mode("bicubic"),
             antialias=True),
        augment.ResizedCrop(size=(20, 30), scale=(0.2, 1.0), ratio=(0.75, 1.5), interpolation="bicubic",
                            antialias=True),
        "approximate",
    ),
    (
        fake("RandomCrop", size=(8, 9), padding=[1, 2, 3, 4], pad_if_needed=False, fill=0, padding_mode="edge"),
        augment.Sequential([augment.Pad(padding=(2, 4, 1, 3), border="replicate"), augment.Crop(size=(8, 9))]),
        "exact",
    ),
    (fake("Pad", padding=(2, 3), fill=255, padding_mode="edge"), PADDED, "exact"),
    (
        fake("ColorJitter", brightness=(0.8, 1.2), contrast=None, saturation=None, hue=(-0.1, 0.2)),
        augment.ColorJitter(brightness=(0.8, 1.2), contrast=(1, 1), saturation=(1, 1), hue=(-0.1, 0.2), p=1),
        "exact",
    ),
    (fake("RandomSolarize", threshold=51, p=0.5), augment.Solarize(threshold=(0.2, 0.2)), "exact"),
    (fake("RandomAdjustSharpness", sharpness_factor=2.3, p=0.5), augment.Sharpen(strength=(0.1, 0.1)), "approximate"),
    (fake("Grayscale", num_output_channels=1), augment.ToGray(channels=1, p=1), "exact"),
    (
        fake("RandomApply", transforms=[fake("RandomInvert", p=0.5)], p=0.2),
        augment.Sequential([augment.Invert()], p=0.2),
        "exact",
    ),
    (
        fake("RandomChoice", transforms=[fake("RandomInvert", p=0.5), fake("RandomEqualize", p=1.0)], p=[0.25, 0.75]),
        augment.OneOf([augment.Sequential([augment.Invert()], p=1 / 3),
                       augment.Sequential([augment.Equalize(method="pil", p=1)])]),
        "exact",
    ),
    (
        fake("RandomOrder", transforms=[fake("RandomInvert", p=0.5), fake("RandomVerticalFlip", p=0.5)]),
        augment.SomeOf([augment.Invert(), augment.VerticalFlip()], n=2, shuffle=True),
        "exact",
    ),
    (fake("MixUp", alpha=0.4, num_classes=5), augment.MixUp(lam=("beta", 0.4), num_classes=5), "approximate"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "here", "verdict"), READ, ids=lambda v: type(v).__name__)
def test_attributes_are_read(there: Any, here: Any, verdict: str) -> None:
    chain, report = chain_of(there)
    assert len(chain.transforms) == 1
    assert close(chain.transforms[0], here), chain.transforms
    assert report.entries[0].verdict == verdict, str(report)


def close(one: Any, other: Any) -> bool:
    """Equal but for the last bits of numbers."""
    if type(one) is not type(other) and not (isinstance(one, (int, float)) and isinstance(other, (int, float))):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, (int, float)) and not isinstance(one, bool):
        return one == pytest.approx(other)
    if hasattr(one, "__dataclass_fields__"):
        return all(close(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    return bool(one == other)


def test_conversions_are_fields_of_the_chain() -> None:
    chain, report = chain_of(
        fake("ToImage"),
        fake("RandomErasing", p=0.5, scale=(0.1, 0.2), ratio=(0.5, 2.0), value=[0.0], inplace=False),
        fake("ToDtype", dtype="torch.float32", scale=True),
        fake("RandomSolarize", threshold=0.4, p=1.0),
    )
    assert (chain.layout, chain.dtype) == ("first", "float32")
    assert chain.transforms[1].threshold == (0.4, 0.4)
    assert report.entries[0].here == "nothing needed"
    chain, report = chain_of(fake("ToTensor"), fake("Normalize", mean=[0.5], std=[0.25], inplace=False))
    assert (chain.layout, chain.dtype) == ("first", None)
    assert chain.transforms == (augment.Normalize(mean=(0.5,), std=(0.25,)),)
    assert report.exact


def test_what_is_not_read_is_reported() -> None:
    _, report = chain_of(fake("RandomInvert", p=0.5, wobble=3), fake("Frost", p=0.5), lambda x: x)
    assert report.entries[0].unmapped == (("wobble", "no such parameter is known"),)
    assert [entry.verdict for entry in report] == ["approximate", "missing", "missing"]
    with pytest.raises(ValueError, match=r"strict=True, and 3 .*transforms\[1\]: Frost: it is no transform"):
        chain_of(fake("RandomInvert", wobble=3), fake("Frost"), lambda x: x, strict=True)


def test_what_is_no_transform_is_refused() -> None:
    for wrong in (3, None, "RandomInvert", augment.Compose([]), augment.HorizontalFlip(), {"transform": {}}, object()):
        with pytest.raises(TypeError, match="pipeline must be a transform of torchvision"):
            augment.from_torchvision(wrong)
    with pytest.raises(TypeError, match=r"pipeline\[0\] must be .*: give an instance"):
        augment.from_torchvision([fake("RandomInvert").__class__])


def test_single_transforms_and_lists() -> None:
    flip = fake("RandomHorizontalFlip", p=0.5)
    assert augment.from_torchvision(flip)[0] == augment.from_torchvision([flip])[0] == chain_of(flip)[0]
    nested = chain_of(fake("Compose", transforms=[flip]))[0]
    assert nested.transforms == (augment.Sequential([augment.HorizontalFlip()]),)


# --- the library itself -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def v2() -> Any:
    try:
        import torch  # noqa: F401
        from torchvision.transforms import v2
    except (ImportError, OSError) as error:
        pytest.skip(f"torchvision is not installed: {error}")
    return v2


def fixed(v2: Any) -> list[Any]:
    """Transforms without a draw, by degenerate ranges."""
    linear, cubic = v2.InterpolationMode.BILINEAR, v2.InterpolationMode.BICUBIC
    one = {"p": 1.0}
    return [
        v2.RandomHorizontalFlip(1.0),
        v2.Resize((50, 71), antialias=False),
        v2.Resize((50, 71), interpolation=cubic, antialias=False),
        v2.RandomCrop((76, 100), padding=2, fill=9),
        v2.RandomCrop((76, 100), padding=2, padding_mode="symmetric"),
        v2.Pad((1, 2, 3, 4), fill=5),
        v2.Pad(3, padding_mode="reflect"),
        v2.RandomRotation((20, 20)),
        v2.RandomRotation((20, 20), interpolation=linear, fill=100),
        v2.RandomAffine((12, 12), scale=(1.2, 1.2), shear=(10, 10, -5, -5), interpolation=linear),
        v2.ColorJitter(brightness=(1.2, 1.2)),
        v2.ColorJitter(contrast=(1.3, 1.3)),
        v2.ColorJitter(saturation=(1.4, 1.4)),
        v2.ColorJitter(hue=(0.1, 0.1)),
        v2.Grayscale(3),
        v2.RandomInvert(**one),
        v2.RandomPosterize(3, **one),
        v2.RandomSolarize(100, **one),
        v2.RandomAutocontrast(**one),
        v2.RandomEqualize(**one),
        v2.GaussianBlur(11, sigma=(1.5, 1.5)),
    ]


def test_what_is_exact_gives_what_torchvision_gives(v2: Any, photo: np.ndarray) -> None:
    import torch

    image = np.ascontiguousarray(photo[:H, :W])
    tensor = torch.from_numpy(image).permute(2, 0, 1).contiguous()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transforms = fixed(v2)
    for there in transforms:
        chain, report = augment.from_torchvision(there)
        assert report.exact, f"{there}: {report}"
        theirs, ours = there(tensor).permute(1, 2, 0).numpy(), chain(image=image, key=1)["image"]
        assert theirs.shape == ours.shape, there
        apart = np.abs(theirs.astype(float) - ours).max(axis=2)
        inside = ~outline(there, torch)
        most = 2 if "Affine" in repr(there) or "Rotation" in repr(there) else 1
        assert (apart[inside] > most).mean() <= (0.001 if most == 2 else 0), there


def outline(there: Any, torch: Any) -> np.ndarray:
    """Where a white image on black gets grey, and its neighbours."""
    white = there(torch.full((3, H, W), 255, dtype=torch.uint8))[0].numpy()
    if type(there).__name__ not in ("RandomAffine", "RandomRotation"):
        return np.zeros(white.shape, bool)
    edge = (white > min(white.min(), 100)) & (white < 255)
    for axis in (0, 1):
        edge |= np.roll(edge, 1, axis) | np.roll(edge, -1, axis)
    return edge


@pytest.mark.filterwarnings("ignore")
def test_a_program_of_torchvision(v2: Any, photo: np.ndarray) -> None:
    import torch

    there = v2.Compose(
        [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.4])]
    )
    chain, report = augment.from_torchvision(there)
    assert report.exact
    assert np.abs(chain(image=photo, key=1)["image"] - there(photo.copy()).numpy()).max() < 1e-5
    everything = [getattr(v2, name) for name in dir(v2) if isinstance(getattr(v2, name), type)]
    unknown = []
    for kind in everything:
        try:
            made = kind()
        except (TypeError, ValueError):
            continue
        if kind.__name__ in ("InterpolationMode", "AutoAugmentPolicy", "Transform"):
            continue
        entry = augment.from_torchvision(made)[1].entries[0]
        unknown += [(kind.__name__, entry)] if "no transform of torchvision" in str(entry.reasons) else []
        assert "do not fit" not in str(entry.reasons), entry
        assert "no such parameter" not in str(entry.unmapped), entry
    assert not unknown


def test_what_is_wrong_is_named_as_the_caller_named_it() -> None:
    with pytest.raises(TypeError, match=r"^pipeline\[0\] must be a transform of torchvision"):
        augment.from_torchvision([1])
    for convert in (augment.from_torchvision, augment.from_albumentations):
        with pytest.raises((TypeError, ValueError), match=r"^image_size"):
            convert([], image_size=-1.5)

"""What a sample carries beside an image, masks, boxes and keypoints: extras, arrays of floats, instances."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import augment as A

H, W = 32, 40


def picture(seed: int = 0, dtype: Any = np.uint8) -> np.ndarray:
    levels = np.random.default_rng(seed).random((H, W, 3))
    return (levels * 255).astype(dtype) if np.dtype(dtype).kind == "u" else levels.astype(dtype)


def round_trips(chain: A.Compose) -> None:
    again = [
        A.Compose.from_json(chain.to_json()),
        A.Compose.from_dict(chain.to_dict()),
        A.Compose.from_yaml(chain.to_yaml()),
    ]
    for made in (*again, pickle.loads(pickle.dumps(chain)), eval(repr(chain), vars(A))):
        assert made == chain
        assert hash(made) == hash(chain)


# --- extras -----------------------------------------------------------------------------------------------------------


class Note:
    """Anything; it cannot even be compared."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    __hash__ = None  # type: ignore[assignment]


def test_extras_pass_through_as_they_are() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1), A.Affine(p=1)], seed=3, extra_names=["note", "path"])
    image, note = picture(), Note()
    alone = chain(image=image, key=1)["image"]
    sample = {"note": note, "image": image, "mask": image[..., 0] > 99, "path": None, "label": note, "labels": (3,)}
    for _ in range(6):  # stage by stage, and compiled
        out = chain(**sample, key=1)
        assert out["note"] is out["label"] is note
        assert out["labels"] is sample["labels"]
        assert set(out) == {*sample, "key"}
        np.testing.assert_array_equal(out["image"], alone)
    record = chain.draw(1, image.shape, **{k: v for k, v in sample.items() if k != "image"})
    assert record == chain.draw(1, image.shape)
    assert chain.replay(record, **sample)["note"] is note
    batch = chain.batch([image] * 2, keys=[1, 2], note=[note, 5], labels=["a", "b"], workers=2)
    assert batch["note"][0] is note
    assert (batch["note"][1], batch["labels"]) == (5, ["a", "b"])
    np.testing.assert_array_equal(batch["images"][0], alone)
    assert [r["note"] is note for r in chain.map([sample] * 3, workers=2)] == [True] * 3
    round_trips(chain)


def test_every_name_may_pass() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1)], extra_names="*")
    out = chain(image=picture(), image_id=7, anything=[1], boxes=[(1, 2, 3, 4)], labels=["a"], key=0)
    assert (out["image_id"], out["anything"], out["labels"]) == (7, [1], ["a"])
    assert chain.batch([picture()], image_id=[7], keys=[0])["image_id"] == [7]
    round_trips(chain)


def test_labels_with_boxes_follow_them_unless_they_are_extras() -> None:
    sample: dict[str, Any] = {"image": picture(), "boxes": [(0, 0, 4, 4), (20, 9, 38, 30)], "labels": ["a", "b"]}
    crop = A.CenterCrop(size=(20, 20), p=1)
    assert A.Compose([crop])(**sample, key=0)["labels"] == ["b"]
    assert A.Compose([crop], extra_names=["labels"])(**sample, key=0)["labels"] is sample["labels"]


def test_extras_of_a_mixed_sample_are_its_own() -> None:
    chain = A.Compose([A.Mosaic(p=1)], extra_names="*")
    donors = [{"image": picture(k), "note": k} for k in range(3)]
    note = Note()
    out = chain(image=picture(9), note=note, labels=[1], donors=donors, key=(0, 1))
    assert out["note"] is note
    assert out["labels"] == [1]
    mixed = A.Compose([A.MixUp(num_classes=3)], extra_names="*")
    pairs = [(picture(4), 2)]
    assert mixed(image=picture(), label=1, donors=pairs, key=(0, 1))["label"].shape == (3,)
    kept = A.Compose([A.MixUp(num_classes=3)], extra_names=["label"])
    assert kept(image=picture(), label=1, donors=pairs, key=(0, 1))["label"] == 1


def test_what_is_no_extra_is_refused() -> None:
    chain = A.Compose([], extra_names=["note"])
    with pytest.raises(TypeError, match=r"unknown target 'nota': .* extra_names=\('nota',\) lets it pass"):
        chain(image=picture(), nota=1)
    for name in ("image", "masks", "labels2", "key", "out"):
        with pytest.raises(ValueError, match=f"extra_names must name .* got '{name}', which is taken"):
            A.Compose([], box_fields=["labels2"], extra_names=[name])
    with pytest.raises(TypeError, match=r"extra_names must be a sequence of strings, a list or a tuple, or '\*', got"):
        A.Compose([], extra_names="note")

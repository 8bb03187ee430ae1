"""Declarations: what stands beside a function or class, and that it leaves both as they are."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from helpers.declarations import DECLARED, REGISTRY, Declaration, Single, Transform, declare, declared, transforms

import augment
import imgproc


def test_declarations_of_one_thing_add_up() -> None:
    def one() -> None: ...

    def two() -> None: ...

    declare(one, two, no_peer="why")
    declare(one, reach=3)
    try:
        assert (declared(one).no_peer, declared(one).reach) == ("why", 3)
        assert (declared(two).no_peer, declared(two).reach) == ("why", None)
        with pytest.raises(ValueError, match="one has declared its reach already"):
            declare(one, reach=4)
        with pytest.raises(ValueError, match="two has peers, and says why it has none"):
            declare(two, peers=[Single("Theirs")])
    finally:
        for thing in (one, two):
            DECLARED.pop(thing)
    assert declared(one) == Declaration()


def test_what_is_declared_is_public_or_the_chain_s_own() -> None:
    public = {getattr(library, name) for library in (imgproc, augment) for name in library.__all__}
    assert DECLARED.keys() <= public


def test_a_transform_of_a_user_needs_no_declaration() -> None:
    try:

        @dataclasses.dataclass(frozen=True, kw_only=True)
        class Mine(Transform):
            look: float
            peers: int = 2

        assert [field.name for field in dataclasses.fields(Mine)] == ["p", "look", "peers"]
        with pytest.raises(TypeError, match="look"):
            Mine()
        assert declared(Mine).examples == ({},)
        assert Mine not in transforms()
        assert augment.Compose([Mine(look=1.0, p=0)])(image=np.zeros((4, 5), np.uint8), key=0)["image"].shape == (4, 5)
    finally:
        REGISTRY.pop("Mine")


def test_a_declared_function_stays_what_it_is() -> None:
    for function in (imgproc.gaussian_blur, imgproc.notch_reject, augment.nms):
        assert inspect.unwrap(function) is function
        assert pickle.loads(pickle.dumps(function)) is function
        assert not vars(function)


def test_no_transform_has_a_field_of_the_gallery() -> None:
    for kind in transforms():
        assert not {"look", "examples", "peers"} & {field.name for field in dataclasses.fields(kind)}


def test_declaring_loads_no_peer(run_python: Callable[..., str]) -> None:
    code = """
import sys
import augment
peers = {"cv2", "skimage", "scipy", "albumentations", "gallery"}
print(sorted(peers & set(sys.modules)))
"""
    assert run_python(code) == "[]"

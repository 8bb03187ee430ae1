"""Names of other libraries: errors say what they are called here, and what they say exists."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.levels import EXAMPLE, build
from helpers.peers import FUNCTIONS_THERE, KEYWORDS, METHODS, REGISTRY, TRANSFORMS_THERE, Transform

import augment
import imgproc

TABLES = {augment: TRANSFORMS_THERE, imgproc: FUNCTIONS_THERE}
ALL = [
    (package, library, name, ours)
    for package, libraries in TABLES.items()
    for library, names in libraries.items()
    for name, ours in names.items()
]
SKIMAGE = "color exposure feature filters io measure metrics morphology restoration segmentation transform util"
HOMES = {
    "albumentations": ("albumentations", "albumentations.pytorch"),
    "torchvision": ("torchvision.transforms.v2",),
    "OpenCV": ("cv2",),
    "scikit-image": tuple(f"skimage.{part}" for part in SKIMAGE.split()),
    "SciPy": ("scipy.ndimage",),
    "Pillow": ("PIL", "PIL.Image", "PIL.ImageOps"),
}
OLD = {"Cutout", "JpegCompression", "RandomBrightness", "RandomContrast", "TemplateTransform", "ToTensorV2"}
"""Of albumentations before 2, or with an extra; many still have them in their code."""


@pytest.mark.parametrize(("package", "library", "name", "ours"), ALL)
def test_a_name_of_another_library_is_told_ours(package: ModuleType, library: str, name: str, ours: str) -> None:
    where = package.__name__
    if hasattr(package, name):
        assert getattr(package, name) is not None
        return
    with pytest.raises(AttributeError) as caught:
        getattr(package, name)
    message = str(caught.value)
    assert message.startswith(f"module {where!r} has no attribute {name!r}: ")
    assert re.search(rf"'s? {name} is {where}\.\w+.* here$", message)


@pytest.mark.parametrize(("package", "library", "name", "ours"), ALL)
def test_ours_exists_with_its_parameters(package: ModuleType, library: str, name: str, ours: str) -> None:
    for part in ours.removesuffix(" and others").split(", ") if "(" not in ours else [ours]:
        thing = getattr(package, part.partition("(")[0])
        for keyword in re.findall(r"(\w+)=", part):
            assert keyword in {field.name for field in dataclasses.fields(thing)}
    if "(" in ours and "..." not in ours:
        given: dict[str, Any] = {"transforms": [augment.Invert()]} if "Compose" in ours or "SomeOf" in ours else {}
        kind, _, rest = ours.partition("(")
        eval(f"made({rest}", {"made": lambda **options: getattr(augment, kind)(**given, **options)})


@pytest.mark.parametrize("library", HOMES)
def test_the_other_library_has_these_names(library: str) -> None:
    homes = [importlib.import_module(home) for home in HOMES[library] if _there(home)]
    if not homes:
        pytest.skip(f"{library} is not installed")
    named = {name for names in TABLES.values() for name in names.get(library, ())}
    unknown = {name for name in named - OLD if not any(hasattr(home, name) for home in homes)}
    assert not unknown


def _there(home: str) -> bool:
    try:
        importlib.import_module(home)
    except ImportError:
        return False
    return True


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: augment.GausianBlur, "did you mean augment.GaussianBlur?"),
        (lambda: augment.Horizontalflip, "did you mean augment.HorizontalFlip?"),
        (lambda: imgproc.gausian_blur, "did you mean imgproc.gaussian_blur?"),
        (lambda: imgproc.medianblur, "did you mean imgproc.median_blur?"),
    ],
)
def test_a_slip_is_told_what_is_meant(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(message) + "$"):
        ask()


@pytest.mark.parametrize("package", TABLES)
def test_what_is_nothing_is_only_refused(package: ModuleType) -> None:
    assert not hasattr(package, "__wrapped__")
    for name in ("zzzz", "_private", "__fspath__"):
        with pytest.raises(AttributeError, match=f"^module {package.__name__!r} has no attribute {name!r}$"):
            getattr(package, name)


# --- parameters -------------------------------------------------------------------------------------------------------

FIELDS = {name: {field.name for field in dataclasses.fields(kind)} for name, kind in REGISTRY.items()}


@pytest.mark.parametrize("theirs", KEYWORDS)
def test_a_parameter_of_another_library_is_told_ours(theirs: str) -> None:
    told = 0
    for name in (*EXAMPLE, "Compose"):
        ours = [keyword for keyword in KEYWORDS[theirs] if keyword in FIELDS[name]]
        if ours and theirs not in FIELDS[name]:
            with pytest.raises(TypeError) as caught:
                _made(name, {theirs: 1})
            expected = f"what other libraries call {theirs} is {', '.join(f'{o}=' for o in ours)} here"
            assert str(caught.value) == f"{name} has no parameter {theirs!r}: {expected}"
            told += 1
    assert told, "no transform has a parameter that is called so elsewhere"


def _made(name: str, options: dict[str, Any]) -> Any:
    return augment.Compose([], **options) if name == "Compose" else build(name, {**EXAMPLE[name], **options})


@pytest.mark.parametrize("name", [*EXAMPLE, "Compose"])
def test_an_unknown_parameter_is_named_with_what_there_is(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} has no parameter 'wobbling_qq': it has (.*, )?p$"):
        _made(name, {"wobbling_qq": 1})
    with pytest.raises(TypeError, match=rf"^{name} has no parameter 'prob': .* is p= here$"):
        _made(name, {"prob": 1})


def test_a_slip_in_a_parameter() -> None:
    with pytest.raises(TypeError, match=r"^Affine has no parameter 'scael': did you mean scale=\?$"):
        augment.Affine(scael=(1, 2))


def test_parameters_are_given_by_name() -> None:
    with pytest.raises(TypeError, match=r"^Resize takes its parameters by name, .*size=.*, got 2 without one$"):
        augment.Resize(256, 256)
    assert augment.Compose([augment.Invert()]).transforms == (augment.Invert(),)


def test_a_constructor_of_a_user_takes_what_it_likes() -> None:
    try:

        class Mine(Transform):
            def __init__(self, much: int, /, *, more: int = 2) -> None:
                super().__init__(p=0.25)
                object.__setattr__(self, "sum", much + more)

        class Yours(Transform):
            def __init__(self, **options: int) -> None:
                super().__init__(p=0.75)

        assert Mine(3, more=4).sum == 7
        assert Yours(any=4).p == 0.75
        with pytest.raises(TypeError, match="Mine has no parameter 'mor': did you mean more="):
            Mine(3, mor=4)
    finally:
        REGISTRY.pop("Mine")
        REGISTRY.pop("Yours")


def test_targets_of_other_libraries_are_told_ours() -> None:
    chain = augment.Compose([augment.HorizontalFlip()])
    for theirs, ours in (("bboxes", "boxes"), ("class_labels", "labels"), ("img", "image")):
        with pytest.raises(TypeError, match=f"what other libraries call {theirs} is {ours}= here"):
            chain(image=np.zeros((4, 4), np.uint8), key=1, **{theirs: []})
    with pytest.raises(TypeError, match=r"such as box_fields=\('weight',\)"):
        chain(image=np.zeros((4, 4), np.uint8), key=1, weight=[])


def test_a_sample_without_names_and_methods_of_other_libraries() -> None:
    image = np.zeros((4, 4), np.uint8)
    for chain in (augment.Compose([augment.HorizontalFlip()]), augment.HorizontalFlip()):
        with pytest.raises(TypeError, match=r"must name what it gets, .*chain\(image=image.*got 2 .*: ndarray, int$"):
            chain(image, 3)
        for theirs, ours in (("set_random_seed", r"Compose\(seed="), ("add_targets", r"Compose\(image_names=")):
            with pytest.raises(AttributeError, match=f"has no {theirs}: what other libraries do by it is {ours}"):
                getattr(chain, theirs)
        with pytest.raises(AttributeError, match="object has no attribute 'to_jsn'"):
            chain.to_jsn()  # type: ignore[attr-defined]


def test_methods_of_other_libraries_are_none_of_ours() -> None:
    assert METHODS.keys().isdisjoint(name for kind in (augment.Compose, Transform) for name in dir(kind))
    albumentations = pytest.importorskip("albumentations")
    public = {name for name in dir(albumentations.Compose) if name.startswith("set_")}
    assert public <= METHODS.keys()


def test_repr_leaves_out_what_is_a_default() -> None:
    chain = augment.Compose([augment.Rain(), augment.Affine(rotate=15, p=1)], seed=3)
    assert repr(chain) == "Compose(transforms=(Rain(), Affine(rotate=(-15.0, 15.0), p=1.0)), seed=3)"
    assert eval(repr(chain), vars(augment)) == chain

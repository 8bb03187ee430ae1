"""A data set whose samples have gone through a chain: one at a time, or a whole batch into one tensor."""

from __future__ import annotations

import copy
import dataclasses
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.check import dtype_name, flag, frame_size, one_of
from imgproc._scanline import OutMismatch

from .._chain.keys import key_array
from ..compose import Compose
from ._collate import AS_THEY_ARE, ROWS, Batch, as_tv_batch, column, columns, keys_tensor
from ._fields import Fields
from ._mixing import check_mix, mixed
from ._tensors import Memory, Room, from_array, in_worker
from ._tv import FORMATS, as_tv
from .decode import WindowDecoder

__all__ = ["AugmentedDataset", "SampleError"]

DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
WINDOW = "window"
LAYOUTS = {"contiguous_format": "first", "channels_last": "last"}


class SampleError(RuntimeError):
    """A sample could not be read or augmented; the message names it, its key, and what went wrong.

    What was raised is its ``__cause__``, unless it comes from a worker process, where the message has all of it.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import AugmentedDataset, SampleError
    >>> dataset = AugmentedDataset(["no-such-file.jpg"], augment.Compose([]))
    >>> try:
    ...     dataset[0, 0]
    ... except SampleError as error:
    ...     print(str(error).partition(":")[0])
    sample 0, key (0, 0)
    """


class Spec(NamedTuple):
    """What the images of results are like."""

    shape: tuple[int, ...]
    dtype: np.dtype


class AugmentedDataset:
    """A data set of PyTorch that applies a chain to the samples of another.

    Its items are asked for by keys, which `KeyedSampler` gives: ``dataset[epoch, index]`` is what the chain makes of
    ``source[index]`` under the key (epoch, index).  So a sample has the same bytes whichever worker makes it, in
    whatever batch, before and after a resume.  A DataLoader asks for whole batches (``__getitems__``), whose images are
    then written into one tensor: in a worker process into shared memory, so that nothing is copied afterwards.

    Take it with `loader`, a DataLoader over it, or with `ThreadLoader`, which needs no processes and is faster.

    Parameters
    ----------
    source : indexable
        Samples: dicts, tuples, images, paths or encoded images.  It has a length, and ``source[index]``.
    chain : Compose
        Its `layout` is chosen by `memory_format`.
    image : str, int or callable, optional
        Where the image stands in a sample: under a name of a dict, at a place of a tuple, or what a function of the
        sample gives.  Default: ``"image"`` of a dict, the first of a tuple, and otherwise the sample itself.  It may be
        an array, a path, bytes of an image file, an image of Pillow, a tensor with its channels first, or the
        ``{"bytes", "path"}`` of a Parquet file.
    targets : dict or sequence of str, optional
        What else the chain gets: a dict from the chain's names to places, such as ``{"boxes": "bbox", "label": 1}``, or
        names that are the same on both sides.  Default: all other entries of a dict, and the second of a pair as
        ``label``.
    shape : (h, w), optional
        Of the resulting images: a chain that gives another is an error that names the sample.  Default: whatever comes;
        images of several sizes make a list.
    dtype : {"uint8", "float16", "float32"}, optional
        Of the resulting images, as the `dtype` of `Compose`.  Default: that of the chain.
    memory_format : torch.memory_format or str
        ``"contiguous_format"``, or ``"channels_last"``: how the images lie in memory.  Their shape is (n, c, h, w) in
        both cases; grey images have c = 1.
    id : str, int or callable, optional
        Where the name of a sample stands, such as its path: errors name it, and batches have it as ``ids``.
    decode : callable or "window", optional
        ``decode(data, key)`` makes the sample of ``source[index]``: where a file holds more than the image, or is read
        in another way.  ``"window"`` decodes no more of an image file than the chain shows, see `WindowDecoder`: that
        is faster for large photos, and not equal, bit by bit.
    donors : indexable, optional
        For chains that mix, see `Compose`.
    tv_tensors : bool
        Give images, masks, boxes and keypoints as `tv_tensors` of torchvision; those of a source are always taken.
        Boxes have the chain's `box_format`, which must be ``"pascal_voc"`` or ``"coco"``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Several threads of a `ThreadLoader` read the source at once.  Floats of boxes and keypoints become float32.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import AugmentedDataset
    >>> chain = augment.Compose([augment.HorizontalFlip(), augment.Resize(size=(32, 48))])
    >>> dataset = AugmentedDataset([(image, 3), (image, 5)], chain, dtype="float32")
    >>> sample = dataset[0, 1]  # epoch 0, index 1
    >>> tuple(sample["image"].shape), sample["label"], sample["key"]
    ((3, 32, 48), 5, (0, 1))
    >>> tuple(dataset.__getitems__([(0, 0), (0, 1)])["images"].shape)
    (2, 3, 32, 48)
    """

    def __init__(
        self,
        source: Any,
        chain: Compose,
        *,
        image: Any = None,
        targets: Any = None,
        shape: tuple[int, int] | None = None,
        dtype: Any = None,
        memory_format: Any = "contiguous_format",
        id: Any = None,
        decode: Callable[[Any, Any], Any] | str | None = None,
        donors: Any = None,
        tv_tensors: bool = False,
    ) -> None:
        if not hasattr(source, "__getitem__") or not hasattr(source, "__len__"):
            raise TypeError(f"source must have a length and be indexable by integers, got {type(source).__name__}")
        if not isinstance(chain, Compose):
            raise TypeError(f"chain must be a Compose, got {type(chain).__name__}")
        self.source, self.donors = source, donors
        self.shape = None if shape is None else frame_size(shape, "shape")
        self.memory_format = one_of(str(memory_format).removeprefix("torch."), "memory_format", tuple(LAYOUTS))
        kind = chain.dtype if dtype is None else dtype_name(_plain(dtype), DTYPES)
        self.chain = dataclasses.replace(chain, layout=LAYOUTS[self.memory_format], dtype=kind)
        self.decode = _check_decode(decode)
        self.tv_tensors = flag(tv_tensors, "tv_tensors")
        if self.tv_tensors and chain.box_format not in FORMATS:
            raise ValueError(f"box_format must be 'pascal_voc' or 'coco' with tv_tensors, got {chain.box_format!r}")
        self._fields = Fields(image, targets, id, chain.box_format)
        self._mix: tuple[Any, ...] = ()
        self._run = self.chain
        self._memory = Memory()
        named = (*chain.box_fields, *chain.keypoint_fields)
        self._rows = ROWS | set(named)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: Any) -> dict[str, Any]:
        key = check_key(key)
        result, name = self.sample(key)
        made = {"image": self._as_image(self._stored(result.pop("image")))}
        size = tuple(made["image"].shape[-2:])
        made |= {each: self._of_one(each, value) for each, value in result.items()}
        if self.tv_tensors:
            kind = FORMATS[self.chain.box_format]
            made = {each: as_tv(each, value, size, kind) for each, value in made.items()}
        if self._fields.id is not None:
            made["id"] = name
        made["key"] = key
        return made

    def __getitems__(self, keys: Sequence[Any]) -> Batch:
        keys = [check_key(key) for key in keys]
        if not keys:
            raise ValueError("keys must be those of a batch, got none")
        results: list[Any] = [None] * len(keys)
        names = list(results)
        results[0], names[0] = self.sample(keys[0])
        room = self.room_for(len(keys), self.spec_of(results[0]))
        room.array[0] = results[0]["image"]
        results[0]["image"] = room.array[0]
        for i, key in enumerate(keys[1:], 1):
            results[i], names[i] = self.sample(key, room.array[i])
        return self.batch(keys, results, names, room)

    # --- what loaders use ---------------------------------------------------------------------------------------------

    def sample(self, key: tuple[int, int], out: np.ndarray | None = None) -> tuple[dict[str, Any], Any]:
        """What the chain makes of one sample, as arrays, and the name of the sample.

        The image is in `out` if it fits; otherwise it stands for itself.

        Raises
        ------
        SampleError
            If that fails, with the reason.
        """
        name: Any = key[1]
        try:
            data = self.source[key[1]]
            if callable(self.decode):
                data = self.decode(data, key)
            found = self._fields.id_of(data)
            name = name if found is None else found
            given = self._fields.of(data, encoded=self.decode == WINDOW)
            result = self._applied(given, key, out)
            if self.shape is not None:
                self._check_shape(result["image"])
        except SampleError:
            raise
        except Exception as error:
            raise SampleError(f"sample {name!r}, key {key}: {type(error).__name__}: {error}") from error
        return result, name

    def _applied(self, given: dict[str, Any], key: tuple[int, int], out: np.ndarray | None) -> dict[str, Any]:
        words = key_array(key)
        apply = WindowDecoder(self._run).apply if self.decode == WINDOW else self._run._chain.apply
        try:
            return apply(given, words, out, self.donors)
        except OutMismatch:
            return apply(given, words, None, self.donors)

    def spec_of(self, result: dict[str, Any]) -> Spec:
        """What images are like, by the first one."""
        return Spec(result["image"].shape, result["image"].dtype)

    def room_for(self, count: int, spec: Spec) -> Room:
        """Memory for the images of a batch."""
        return self._memory.empty((count, *spec.shape), spec.dtype)

    def batch(self, keys: list[tuple[int, int]], results: list[dict[str, Any]], names: list[Any], room: Room) -> Batch:
        """A batch of results, whose images are those in `room` as far as they fit."""
        given = {name: [result[name] for result in results] for name in results[0]}
        images: Any = given.pop("image")
        inside = [_is_in(image, room.array) for image in images]
        if all(inside):
            images = room.array
        else:  # they stand for themselves, and the room is given back
            images = [image.copy() if own else image for image, own in zip(images, inside)]
        infos: tuple[Any, ...] = ()
        if self._mix:
            images, given, infos, room = self._mixed(images, given, keys, room)
        found = Batch(images=None)
        if images is room.array:
            found["images"] = self._as_images(self._stored(room.tensor))
            found.slot = room.slot
        elif isinstance(images, np.ndarray):
            found["images"] = self._as_images(self._stored(images))
        else:
            found["images"] = [self._as_image(self._stored(image)) for image in images]
        if self._run is not self.chain or images is not room.array:  # stored elsewhere
            room.release()
            found.slot = None
        found.update(columns(given, self._rows))
        if infos:
            found["mix"] = infos
        if self._fields.id is not None:
            found["ids"] = names
        found["keys"] = keys_tensor(keys)
        if self.tv_tensors:
            kind = FORMATS[self.chain.box_format]
            if not in_worker():
                return as_tv_batch(found, kind)
            found.tv = kind
        return found

    def _mixed(
        self, images: Any, given: dict[str, list[Any]], keys: list[tuple[int, int]], room: Room
    ) -> tuple[Any, dict[str, list[Any]], tuple[Any, ...], Room]:
        """A batch after mixing, and the memory that its images are in, if they are in such."""
        rooms = [room]

        def another() -> np.ndarray:
            rooms.append(self._memory.empty(room.array.shape, room.array.dtype))
            return rooms[-1].array

        images, given, infos = mixed(
            self._mix, images, given, keys, seed=self.chain.seed, layout=self.chain.layout, room=another
        )
        last = room
        for each in rooms:
            # Whatever lies in the memory of a room is given as the room itself, which knows how long it is in use.
            if isinstance(images, np.ndarray) and np.may_share_memory(images, each.array):
                images, last = each.array, each
        for each in rooms:
            if each is not last:
                each.release()
        return images, given, infos, last

    def having(self, *, mix: Any = None, decode: Any = None, memory: Memory | None = None) -> AugmentedDataset:
        """The same data set with a mixing of batches, another decoder, or other memory."""
        made = copy.copy(self)
        made._memory = Memory() if memory is None else memory
        if decode is not None:
            made.decode = _check_decode(decode)
        if mix is not None:
            made._mix = check_mix(mix)
            if self.chain.dtype == "float16":  # mixed in float32, and stored as float16 at the end
                made._run = dataclasses.replace(self.chain, dtype="float32")
        return made

    def warm(self) -> None:
        """Compile what the chain needs for photos, before workers start that would each do it for themselves.

        Nothing of the source is read: a file that is open in this process must not be read by its children, too.
        """
        sides = self.shape or (256, 256)
        image = np.zeros((max(256, sides[0]), max(256, sides[1]), 3), np.uint8)
        try:
            for index in range(6):  # a chain is compiled as a whole when images of a kind have come several times
                self._run(image=image, key=(0, index))
        except Exception:  # it wants other images, or more than an image: the workers compile
            return

    # --- images as tensors --------------------------------------------------------------------------------------------

    def _of_one(self, name: str, value: Any) -> Any:
        """A target of a single sample: numbers and strings stay as they are."""
        if name in AS_THEY_ARE or isinstance(value, (int, float, str)):
            return value
        return column(name, [value], self._rows)[0]

    def _stored(self, image: Any) -> Any:
        """A tensor of images, with the dtype that was asked for."""
        tensor = from_array(image) if isinstance(image, np.ndarray) else image
        return tensor.half() if self._run is not self.chain else tensor

    def _as_image(self, tensor: Any) -> Any:
        if tensor.ndim == 2:
            return tensor[None]
        return tensor.permute(2, 0, 1) if self.chain.layout == "last" else tensor

    def _as_images(self, tensor: Any) -> Any:
        if tensor.ndim == 3:
            return tensor[:, None]
        return tensor.permute(0, 3, 1, 2) if self.chain.layout == "last" else tensor

    def _check_shape(self, image: np.ndarray) -> None:
        sides = image.shape[-2:] if self.chain.layout == "first" and image.ndim == 3 else image.shape[:2]
        if sides != self.shape:
            raise ValueError(f"the result must have the shape of the data set, {self.shape}, got {tuple(sides)}")


def check_key(key: Any) -> tuple[int, int]:
    """A key as a tuple of integers."""
    if isinstance(key, (tuple, list)) and len(key) == 2:
        return operator.index(key[0]), operator.index(key[1])
    raise TypeError(
        f"keys must be (epoch, index), got {key!r:.60}: give the DataLoader sampler=KeyedSampler(...), or make it with "
        "augment.pipeline.loader"
    )


def _plain(dtype: Any) -> Any:
    """A dtype of PyTorch by its name."""
    return str(dtype).removeprefix("torch.") if type(dtype).__module__ == "torch" else dtype


def _check_decode(decode: Any) -> Any:
    if isinstance(decode, str):
        return one_of(decode, "decode", (WINDOW,))
    if decode is not None and not callable(decode):
        raise TypeError(f"decode must be a function of (data, key) or {WINDOW!r}, got {type(decode).__name__}")
    return decode


def _is_in(image: np.ndarray, room: np.ndarray) -> bool:
    """Whether an image of a result was written to where it belongs."""
    return image.base is not None and np.may_share_memory(image, room)

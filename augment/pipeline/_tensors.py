"""Arrays as tensors: where batches are written, in memory that workers share or that is used again and again."""

from __future__ import annotations

import math
import threading
import weakref
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.needed import needed

__all__: list[str] = []

SPARE = 64
"""Bytes of shared memory behind those of a batch; the last one says whether it is in use."""


def in_worker() -> bool:
    """Whether this is a worker process of a DataLoader, whose tensors travel in shared memory."""
    with needed("torch"):
        import torch.utils.data
    return torch.utils.data.get_worker_info() is not None


def from_array(array: np.ndarray) -> Any:
    """A tensor on the memory of an array; what PyTorch cannot hold as it is gets copied."""
    with needed("torch"):
        import torch
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


def shared_empty(shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """A tensor in shared memory, as the tensors are that workers of a DataLoader send."""
    with needed("torch"):
        import torch
    kind = getattr(torch, "bool" if dtype.kind == "b" else dtype.name)
    storage: Any = torch.UntypedStorage._new_shared(math.prod(shape) * dtype.itemsize, device="cpu")
    return torch.empty(0, dtype=kind).set_(storage, 0, shape)


class Room(NamedTuple):
    """Where the images of a batch are written."""

    tensor: Any
    array: np.ndarray
    """The same memory.  Whoever writes to it holds on to the tensor, too."""
    slot: Any = None
    """In a worker: the bytes of shared memory that it lies in, and one more that says whether it is in use."""

    def release(self) -> None:
        """Nobody will read what was written here."""
        if self.slot is not None:
            self.slot[-1] = 0


class Memory:
    """Where the images of batches are written.

    A batch of images is megabytes, and the system clears every new page of it before it is written: for images that are
    decoded already, that takes as long as the chain.  So memory is used again as soon as no tensor is on it any more.
    In a worker process that is shared memory: its last byte is 1 until the main process has no tensor on it.
    Pinned memory comes from PyTorch, which keeps it for further batches itself, and knows whether a device still reads
    from it.

    Parameters
    ----------
    pin : bool
        Whether it is pinned.
    keep : int
        How many pieces that nobody uses are kept at most; of shared memory, how many there are that can be used again.
    """

    def __init__(self, *, pin: bool = False, keep: int = 8) -> None:
        self._pin, self._keep = pin, keep
        self._free: list[np.ndarray] = []
        self._slots: list[Any] = []
        self._lock = threading.RLock()  # a finalizer may run while this thread holds it

    def empty(self, shape: tuple[int, ...], dtype: np.dtype) -> Room:
        """Memory for an array."""
        with needed("torch"):
            import torch
        size = math.prod(shape) * dtype.itemsize
        if in_worker():
            slot = self._shared(size)
            tensor = slot[:size].view(getattr(torch, dtype.name)).view(shape)
            return Room(tensor, tensor.numpy(), slot)
        if self._pin:
            tensor = torch.empty(shape, dtype=getattr(torch, dtype.name), pin_memory=True)
            return Room(tensor, tensor.numpy())
        view = self._taken(size)
        array = view.view(dtype).reshape(shape)
        # The tensor holds on to `view` and to nothing else of it, so that its end is that of all tensors on the memory.
        return Room(torch.from_numpy(view).view(getattr(torch, dtype.name)).view(shape), array)

    def _taken(self, size: int) -> np.ndarray:
        """Bytes that nobody uses, new ones where there are none; they are given back when nothing refers to them."""
        with self._lock:
            fits = [k for k, piece in enumerate(self._free) if piece.size == size]
            piece = self._free.pop(fits[-1]) if fits else None
        if piece is None:
            piece = np.empty(size, np.uint8)
        view = piece[...]
        weakref.finalize(view, self._given_back, piece).atexit = False
        return view

    def _given_back(self, piece: np.ndarray) -> None:
        with self._lock:
            self._free.append(piece)
            del self._free[: -self._keep]

    def _shared(self, size: int) -> Any:
        """Shared bytes that nobody uses, and one more, which is 1 now."""
        for k, slot in enumerate(self._slots):
            if len(slot) == size + SPARE and not slot[-1]:
                self._slots.append(self._slots.pop(k))
                slot[-1] = 1
                return slot
        slot = shared_empty((size + SPARE,), np.dtype(np.uint8))
        slot[-1] = 1
        self._slots.append(slot)
        del self._slots[: -self._keep]
        return slot

    def __getstate__(self) -> dict[str, Any]:
        return {"_pin": self._pin, "_keep": self._keep}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(pin=state["_pin"], keep=state["_keep"])  # type: ignore[misc]


def arrived(slot: Any, dtype: Any, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
    """A tensor on shared memory that a worker has sent; its end lets the worker use the memory again."""
    with needed("torch"):
        import torch
    view = slot.numpy()[:-SPARE]
    weakref.finalize(view, _unused, slot).atexit = False
    return torch.from_numpy(view).view(dtype).as_strided(size, stride)


def _unused(slot: Any) -> None:
    slot[-1] = 0

"""What depends on the size of images in a compiled chain: what is known beforehand, and the memory of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from imgproc._core.check import LONGEST
from imgproc._core.threads import SERIAL_BELOW
from imgproc._scanline.samplers.area import work_of
from imgproc._scanline.windowed import room as needed
from imgproc._scanline.windowed import window_of
from imgproc._scanline.windows._base import MOST

from .drawing import OUT_H, OUT_W, SOURCE_H, STATE
from .route import Route

if TYPE_CHECKING:
    from .chain import CompiledChain


class Sized:
    """What is known of images of one shape before they come."""

    __slots__ = ("given", "large", "possible", "room", "samples", "shape", "size", "small", "work")

    def __init__(self, shape: tuple[int, ...], chain: CompiledChain) -> None:
        self.shape = shape
        height, width = shape[:2] or (1, 1)
        pixels = height * width
        self.size = chain.size_of(height, width)
        self.large = pixels * chain.channels > chain.most
        # What is resized is as much work as its result is large.
        self.work = 3 * work_of(self.size, (height, width)) if chain.averages else pixels * chain.channels
        # Kernels count pixels and bytes in 32 bits.
        room = pixels * chain.channels < 1 << 31 and max(height, width) <= LONGEST
        self.possible = height > 0 and width > 0 and (room or not chain.warps)
        # Nothing more has to be asked of most images.
        alone = chain.moves or chain.short is not None or self.work < SERIAL_BELOW
        self.small = self.possible and not self.large and alone
        size = (-1, -1) if chain.varies else self.size
        given = height, width, chain.kind, *size
        self.given, self.room = memoryview(np.array(given, np.int64).data), chain.room_of(self.size)
        self.samples = needed(self.size[1], chain.channels, MOST) if chain.filters else 0


class Own:
    """What the kernels of one thread work in for one compiled chain."""

    def __init__(self, chain: CompiledChain) -> None:
        self.chain, self.work = chain, chain._made()
        self.place, self.state = chain._bound(self.work), self.work.drawn.state
        self._given = memoryview(self.state.data)[SOURCE_H:STATE]  # which is written to in a third of the time
        self.shape: tuple[int, ...] = ()
        self.sized = Sized((), chain)
        self.route: Route | None = None

    def begin(self, shape: tuple[int, ...]) -> None:
        """Images of another shape come."""
        self.shape = shape
        self.sized = sized = self.chain._sizes.get(shape) or self.chain.sized(shape)
        self._given[:] = sized.given
        if sized.room > self.work.buffer.shape[1] or sized.samples > self.work.window.halves.size:
            self._grow(sized.room, sized.samples)

    def expect(self, size: tuple[int, int]) -> None:
        """The result has a size."""
        self.state[OUT_H], self.state[OUT_W] = size
        chain = self.chain
        room, samples = chain.room_of(size), needed(size[1], chain.channels, MOST) if chain.filters else 0
        if room > self.work.buffer.shape[1] or samples > self.work.window.halves.size:
            self._grow(room, samples)

    def _grow(self, room: int, samples: int) -> None:
        if room > self.work.buffer.shape[1]:
            self.work = self.work._replace(buffer=np.empty((2, room), np.uint8))
        if samples > self.work.window.halves.size:
            self.work = self.work._replace(
                window=window_of((1, 1), self.chain.channels, samples, self.chain.limits.dtype)
            )
        self.place = self.chain._bound(self.work)

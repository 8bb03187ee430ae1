'''Transforms of your own: from classes, plain functions, and kernels.

A transform is a frozen dataclass with two methods.  `draw` draws plain numbers from `Draws`, `lower` turns them into
stages (`augment.stages`).  Neither sees pixels.  So a chain can put your transform into one pass with its neighbours,
repeat it under the same key, move masks, boxes and keypoints along, and write it into recipes.  Examples follow.

The first changes the level of each pixel by itself.  It costs no pass of its own::

    import dataclasses
    import functools

    import augment
    import imgproc
    from augment import stages

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Fade(augment.Transform):
        """Move all levels towards grey."""

        strength: tuple[float, float] = (0.2, 0.6)

        def __post_init__(self):
            super().__post_init__()
            self.keep_range("strength", at_least=0, at_most=1)

        def draw(self, rng, frame):
            return {"strength": rng.uniform(*self.strength)}

        def lower(self, params, frame):
            return [stages.affine(1 - params["strength"], 0.5 * params["strength"])]

The second moves pixels.  It says where each point (x, y) of the result comes from; image, masks, boxes and keypoints
follow, and neighbouring maps are merged into one::

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Zoom(augment.Transform):
        """Enlarge about the centre."""

        factor: tuple[float, float] = (1.0, 1.5)

        def __post_init__(self):
            super().__post_init__()
            self.keep_range("factor", at_least=1, at_most=10)

        def draw(self, rng, frame):
            return {"factor": rng.uniform(*self.factor)}

        def lower(self, params, frame):
            h, w, r = frame.height, frame.width, 1 / params["factor"]
            pull = (r, 0.0, 0.5 * w * (1 - r), 0.0, r, 0.5 * h * (1 - r), 0.0, 0.0, 1.0)
            return [stages.Geometry(pull, (h, w), border="replicate")]

The third needs the neighbours of a pixel, so it calls a function of the image, which ends the pass::

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Grain(augment.Transform):
        """Join pixels to grains."""

        radius: tuple[int, int] = (1, 2)

        def draw(self, rng, frame):
            return {"radius": rng.integer(*self.radius)}

        def lower(self, params, frame):
            return [stages.Whole(functools.partial(imgproc.median_blur, radius=params["radius"]), label="median")]

Where none of `augment.stages` does what you want with levels, write a kernel over one row of them.  It is compiled, and
takes part in passes as ours do.  This one depends on the place, so it gets the line and the first column::

    @augment.row_operation
    def darken(row, y, x, params):
        strength, height, width = params
        v = (y + 0.5) / height - 0.5
        for i in range(row.size):
            u = (x + i + 0.5) / width - 0.5
            row[i] *= 1 - strength * 2 * (u * u + v * v)

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Vignette(augment.Transform):
        """Darken towards the corners."""

        strength: tuple[float, float] = (0.2, 0.8)

        def __post_init__(self):
            super().__post_init__()
            self.keep_range("strength", at_least=0, at_most=1)

        def draw(self, rng, frame):
            return {"strength": rng.uniform(*self.strength)}

        def lower(self, params, frame):
            return [darken(params["strength"], frame.height, frame.width)]

They are used like all others, and tested by one call::

    augment.testing.check_transform(Fade())
    chain = augment.Compose([augment.HorizontalFlip(), Zoom(), Fade(p=1), Vignette(), Grain()])

The first field without a default may be given without its name.  A recipe names a transform by its class, so classes
need names of their own, and the module of a class must be imported before a recipe with it is read.

Where a class is too much, `Lambda` takes plain functions.
'''

from imgproc._core.publish import publish as _publish

from .._chain.keys import Draws as Draws
from .._chain.state import Frame as Frame
from .._chain.transform import Transform as Transform
from ._lambda import *
from ._row import *

_publish(globals())

"""Weather and lens transforms

Fog, rain, snow, shadows and the sun; drops on the glass, and the faults of lenses.

They change images only, and nothing moves.  Sizes are fractions of the image's shorter side, so that a thumbnail and a
large photo get the same weather.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut", "coffee")
MODULES = ("weather", "corruption")


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(page, photo, MODULES, thumbnail="Fog")

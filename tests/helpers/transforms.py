"""Where the inventory of transforms is, what a transform draws from and lowers for when no chain calls it, and what the
draws are made of."""

from augment._chain.geometry import geometry
from augment._chain.keys import (
    FIRST_DRAWS,
    Draws,
    address,
    draw_block,
    fresh_key,
    key_words,
    stream_uniforms,
)
from augment._chain.keys import _philox as philox_kernel
from augment._chain.serialize import DEEPEST, VERSION
from augment._chain.targets.masks import through_mask
from augment._chain.transform import REGISTRY, Frame, Kind, Transform
from augment._dust import THIN, thinnest
from augment._inventory import EXAMPLES, MIXES, SIZE, build, example, sample, title
from augment.color._common import dirichlet, gamma_variate, normal
from augment.erase._common import mean_levels
from augment.geometric._affine import largest_rectangle
from augment.geometric._fields import elastic_grid, plate_grid
from augment.policy._auto import POLICIES
from imgproc._scanline.merge import moves_pixels


def auto_augment_pairs(policy: str) -> list[list[tuple[str, float, int]]]:
    """The table of a policy of AutoAugment: pairs of (name, probability, strength)."""
    return [list(pair) for pair in POLICIES[policy]]

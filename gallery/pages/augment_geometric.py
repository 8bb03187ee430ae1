"""Geometric transforms

Flips, rotations, crops, resizing, padding and distortions, with mask, boxes and keypoints that follow.

All of them come from one map of coordinates.  The tinted areas are the mask's labels, the frames of the same colours
the boxes round them, and the dots are keypoints: the pupils of both eyes, the mouth, and a gleam on the tank.  After
every transform the dots must sit on the same spots, the tint on the same things, and nothing may be off by a pixel.
Pictures of a row are of one scale; where sizes differ, the smaller ones stand on light grey.

A box is carried by its four corners, and the upright frame round them is returned: after a rotation it is larger than
the thing, as the corners of the old frame held no part of it.  Where a thing leaves the picture, its box ends at the
border, and a keypoint that has left is gone.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("geometric",)

LOOKS = {
    "HorizontalFlip": "The yellow and the blue dot have changed sides with the eyes; pixels are copied.",
    "VerticalFlip": "The frame of the shuttle, which the upper border cuts, now ends at the lower one.",
    "Transpose": "Rows have become columns: the picture stands upright, and no letter can be read.",
    "Rotate90": "Quarter turns lose nothing; two of the four keep the size.",
    "Dihedral": "Like ``Rotate90``, half of the time with a flip before it.",
    "Rotate": "Frames are upright ones round the turned frames: larger than the things, never smaller.",
    "Affine": "By default only the scale changes; here angle, shear and shift too.",
    "Perspective": "One side of the picture comes nearer: parallel lines are so no more, straight ones stay straight.",
    "Crop": "A part at the picture's own scale; frames end where it ends, and what is outside is gone.",
    "CenterCrop": "Always the same part, so one key is enough.",
    "ResizedCrop": "Parts of different area and shape, all of the same size after it: faces become wider or narrower.",
    "BoxSafeCrop": "However tight the part, no frame is cut.",
    "Resize": "Smaller and of another shape; frames and dots sit where they sat.",
    "ResizeLongest": "Smaller, shape kept: frames stay tight, dots on the pupils.",
    "ResizeShortest": "Its size is that of the shorter side: smaller, shape kept.",
    "Letterbox": "The whole picture in a given size; the bars have the level ``fill`` and no label.",
    "Pad": "A frame of the same width on each side: frames and dots move by just that.",
    "PadToSize": "What is missing is added on both sides.",
    "Elastic": "Edges waver, dots waver with them; the border is mirrored, so no black comes in.",
    "GridDistortion": "Columns and rows become wider or narrower, straight upright lines stay so; the border stays.",
    "ThinPlateSpline": "Smooth bending without ripples.",
    "LensDistortion": "Straight lines bow outwards (barrel) or inwards (pincushion), the middle stays.",
}


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(
        page,
        photo,
        MODULES,
        looks=LOOKS,
        thumbnail="Rotate",
        parameters={"Affine": {"rotate": (-20.0, 20.0), "shear": (-10.0, 10.0), "translate": (-0.1, 0.1)}},
        drawn=True,
    )

"""Colour transforms

Brightness, contrast, hue, tone curves, histograms and colour spaces, as an augmentation chain applies them.

They change images only: masks, boxes and keypoints stay.  Levels are fractions of full scale, so that a setting means
the same for 8 bits, 16 bits and floating point.  A tint may shift, but nothing may blur, and no edge may move.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("coffee",)
MODULES = ("color",)

LOOKS = {
    "BrightnessContrast": "One straight line through all levels; what it drives beyond white is white.",
    "ColorJitter": "Brightness, contrast about the mean, saturation and hue, each by a little, in random order.",
    "HueSaturationValue": "A slight shift of the red, more or less colour, lighter or darker; grey stays grey.",
    "RGBShift": "A tint over everything, the white of the cup included.",
    "Gamma": "Above 1 the middle tones darken, below 1 they lighten; black and white stay.",
    "ToneCurve": "Shadows and highlights go their own ways; black and white stay.",
    "Equalize": "Each channel by itself, so colours shift: the dark table loses its red.",
    "CLAHE": "The grain of the wood and the saucer in the shadow stand out; no seams between tiles.",
    "AutoContrast": "Little happens to a photo that has its black and white already.",
    "MatchHistogram": "The levels of another photo, the rocket at night or the cat, in part or in full.",
    "EnhanceLocalStatistics": "Only what is dark and flat is raised: the floor and the shadow on the saucer.",
    "Posterize": "Steps where the light fell off softly: on the saucer and in the cup.",
    "Solarize": "The light half of each channel is a negative: the white of the cup is black, the dark stays.",
    "Invert": "The negative.",
    "ToGray": "Luma in all three channels.",
    "ToSepia": "Brown as on an old photograph.",
    "ChannelShuffle": "Red may become green or blue; greys stay.",
    "ChannelDropout": "Without red little is left of this picture; without blue hardly anything is missing.",
    "PCAJitter": "A tint along the colours that natural pictures vary in.",
    "PlanckianJitter": "From candle light to blue sky: the white of the cup shows it best.",
    "ColorSpace": "The channels L, a, b shown as if they were red, green, blue.",
    "Normalize": "Each channel less its mean, in deviations; shown from -2.5 (black) over 0 (mid-grey) to 2.5 (white).",
}


def each(page, photo):
    """Every transform on one photo."""
    references = tuple(page.photo(name).rgb for name in ("rocket", "chelsea"))
    _transforms.show(
        page,
        photo,
        MODULES,
        looks=LOOKS,
        thumbnail="PlanckianJitter",
        parameters={"MatchHistogram": {"references": references}},
        display={"Normalize": lambda image: image / 5 + 0.5},
    )

"""Where the inventory of functions on images is: what they are called with, and which there are."""

from imgproc._inventory import _examples as examples
from imgproc._inventory import (
    choices,
    example_call,
    example_image,
    functions_of_images,
    image_functions,
    public_functions,
    takes,
    takes_channels,
    variants,
)

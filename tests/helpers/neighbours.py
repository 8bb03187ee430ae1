"""Where weighted sums over windows are, the weights of blurs, and how bytes are summed."""

from augment.filter._blur import disc_weights, line_weights
from imgproc._neighbours.correlate import _in_pairs as in_pairs
from imgproc._neighbours.correlate import blend_differences, blur_separable, correlate, unsharp_mask
from imgproc._neighbours.correlate_bytes import MOST_PAIRS, quantized
from imgproc._neighbours.gaussian import gaussian, gaussian_weights
from imgproc.smooth._weighted_median import _whole as whole_weights

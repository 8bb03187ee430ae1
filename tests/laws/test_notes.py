"""Each number in the Notes of a public docstring is held: by a test here, or by one elsewhere that is named.

A number that is changed, in the sentence or in what the sentence is about, fails; a new one must be held too."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from oracles import smooth as slow

import augment
import imgproc

TESTS = Path(__file__).parents[1]
FACT = "no claim of ours"
"""References, what others do, costs, and numbers that only write a formula out."""

HELD: dict[str, dict[str, tuple[str, ...]]] = {
    "histogram": {
        "imgproc/test_histogram.py::test_sixteen_bins_of_bytes_are_their_upper_halves": (
            "For 8-bit images and the default range, ``bins=16`` counts ``v >> 4``.",
        ),
    },
    "to_uint8": {
        "test_one_percent_of_a_float_image_may_be_beyond": (
            "more than 1 % of them, and more than 8, lie beyond -16 or 16, or more than a",
            "quarter below -1 or above 2.",
        ),
        "test_of_a_large_image_some_rows_and_columns_are_looked_at": (
            "Of a large image, 32 rows are looked at, and of each 32 levels.",
        ),
    },
    "resize": {
        "imgproc/test_resize.py::test_area_is_the_mean_rounded_half_to_even": (
            "what is nearer to a half than 2**-13 of a level of 8 bits counts as a half.",
        ),
        "imgproc/test_resize.py::test_antialias_is_pillow": ("of version 13; older ones begin along x, always.",),
    },
    "trust_layout": {
        "laws/test_check.py::test_planes_are_no_image": (
            "equal and at least 16, and larger than the first side or above 256: (3, 224, 224), (1, 28, 28), "
            "(30, 512, 512), (600, 512, 512); or",
            "either the last is above 256, more channels than cameras have: (3, 480, 640), (30, 512, 400); or there "
            "are 3 or 4 planes with sides of at least 32: (3, 100, 120).",
            "lines of more than 256 channels, and wide maps of more than 256 features such as (38, 128, 512)",
        ),
        "laws/test_check.py::test_images_of_many_channels_are_images": (
            "(h, w, 224), also lines of them (1, 512, 224), tiles (8, 8, 224) and (64, 64, 256), single pixels "
            "(1, 1, c), and maps of features (14, 20, 512).",
            "such as (6, 100, 120), is an image.",
        ),
    },
    "gist": {
        "imgproc/test_describe.py::test_gist_definition": (
            "log(1 + 255 v), less its low frequencies (below 4 cycles per side), divided by 0.2 plus the root",
        ),
    },
    "hog": {"imgproc/test_describe.py::test_hog_is_scikit_images": ("has 1e-5 added",)},
    "phash": {
        "imgproc/test_hashes.py::test_hashes_are_their_definitions": (
            "The image is divided into 32 by 32 cells; of their means the DCT-II is taken. Bit number 8 u + v, counted "
            "from the highest, says whether the coefficient of u + 1 half waves down and v + 1 half waves across is "
            "above the median of the 64 with u, v in 0 to 7.",
        ),
        "imgproc/test_hashes.py::test_copies_are_near_and_other_pictures_far": ("So half of the bits are 1, unless",),
        FACT: ("its smoothing by 7 by 7 pixels",),
    },
    "dhash": {
        "imgproc/test_hashes.py::test_hashes_are_their_definitions": (
            "The image is divided into 8 rows of 9 cells. Bit number 8 i + j, counted from the highest, says whether "
            "cell j + 1 of row i is brighter than cell j",
        ),
    },
    "find_near_duplicates": {
        "imgproc/test_hashes.py::test_duplicates_are_those_of_comparing_all": (
            "Hashes that differ in d bits of 64 differ in at most d // 4 bits of one of four parts of 16 bits. So, up "
            "to a distance of 15, hashes are looked up",
        ),
    },
    "region_properties": {
        FACT: ("where pixels of the outline count 1, the root of 2",),
        "imgproc/test_describe.py::test_a_round_region_has_the_angle_45_and_a_line_no_width": ("the angle is 45.",),
    },
    "lbp": {FACT: ("which has 0 outside the image",)},
    "canny": {
        "imgproc/test_edges.py::test_canny_sees_nothing_in_a_constant": (
            "that are no larger as 0: ``2 n + 14`` units",
        ),
        "imgproc/test_edges.py::test_canny_definition": ("rounding of float32 (2**-23)", "window, 9 for `sigma` 1."),
    },
    "laplacian_of_gaussian": {
        "imgproc/test_edges.py::test_zero_crossings_of_a_square_are_its_outline": (
            "rounding of the sums are 0 and have no sign: ``n + 7`` units of rounding of float32 (2**-23)",
        ),
    },
    "bandpass": {
        "imgproc/test_frequency.py::test_a_band_from_zero_is_a_lowpass": (
            "The Gaussian has a factor 1/2 in the exponent that",
            "a band from 0 is the Gaussian lowpass.",
        ),
    },
    "homomorphic": {
        "imgproc/test_frequency.py::test_homomorphic_is_its_definition": (
            "negative ones as 0, e = 1/255",
            "(high - low) (1 - exp(-sharpness D^2 / cutoff^2)) of [1]_, eq. 4-147.",
        ),
        "test_white_stays_white_and_a_constant_becomes_a_power": ("White (1 - e) stays white; a constant f becomes",),
    },
    "notch_reject": {
        "imgproc/test_frequency.py::test_notches_are_found": (
            "the largest within 3 samples of the spectrum and more than 12 times the geometric mean of the 15 by 15",
            "at least 4 periods fit",
            "of more than 16 pairs the strongest",
        ),
        FACT: ("Within 1 / cutoff pixels of the border",),
    },
    "warp": {
        "test_points_of_a_thousand_pixels_are_exact_to_a_ten_thousandth": (
            "Points are float32: in an image of a thousand pixels they are exact to about 1e-4 pixels, for float64",
        ),
        "laws/test_extremes.py::test_images_whose_pixels_cannot_be_counted_are_refused": (
            "An image of more than 2**24 pixels a side, or 2**32 - 1 in all, is refused.",
        ),
    },
    "perspective_from_points": {FACT: ('image warping", 1989)',)},
    "match_histogram_local": {
        "imgproc/test_local_histogram.py::test_match_is_brute_force_exactly": ("z = G^-1(s)", "G^-1 the rule of"),
    },
    "SceneDatabase": {
        "imgproc/test_database.py::test_descriptor_is_gist_and_the_colours_of_blocks": (
            "6 orientations at 5 scales in 4 by 4 blocks",
        ),
        FACT: ("found 10,000 photos to be far too",),
    },
    "inpaint_diffusion": {
        "imgproc/test_inpaint_diffusion.py::test_as_the_dense_solution": (
            "L u = 0 or L L u = 0 at the pixels",
            "pixels with their 4 neighbours",
        ),
        FACT: ("a hole of 100,000 pixels in one piece",),
    },
    "inpaint_exemplar": {
        "imgproc/test_inpaint_exemplar.py::test_an_edge_along_the_front_counts_nothing_and_one_into_it_all": (
            "has a data term of 0 everywhere",
        ),
    },
    "poisson_blend": {
        "imgproc/test_poisson.py::test_is_the_least_squares_solution": (
            "w is known and is 0 elsewhere.",
            "with w = 0 around it",
            "to 1e-9 of the difference.",
        ),
        "imgproc/test_poisson.py::test_integers_are_rounded_and_saturated": ("8-bit images are worked on in float32",),
    },
    "complete_scene": {
        "imgproc/test_scene.py::test_coarse_errors_and_fits_are_as_defined": ("multiplied by 1 + its offset",),
        "imgproc/test_scene.py::test_texture_is_the_median_of_gradient_magnitudes": ("after a 5 by 5 median.",),
        "imgproc/test_scene.py::test_scenes_that_are_much_larger_are_shrunk": (
            "side is more than 1.5 times",
            "shrinks them to 1.25 times it; above 2.5 times only so.",
        ),
        "imgproc/test_scene.py::test_every_dtype_and_grey": ("Scenes are worked on in 8 bits",),
    },
    "graph_cut_seam": {
        "imgproc/test_seam.py::test_seam_is_the_best_of_all": ("with 1 as full scale", "multiples of 2**-24."),
    },
    "read_image": {
        "imgproc/test_io.py::test_png_of_every_pillow_mode_reads_as_pillow_converts_it": (
            "1-bit images to 0 and 255 in every mode",
        ),
        "imgproc/test_io_memory.py::test_of_a_deep_png_the_first_frame_alone_is_read": (
            "Of a PNG file of 16 bits the first frame alone is read.",
        ),
        "imgproc/test_io.py::test_pnm": ("A 16-bit PNM file whose maximum is not 65535 is scaled",),
        "imgproc/test_io.py::test_unsupported_tiff_is_refused": ("of more than 8 bits with premultiplied alpha",),
        "imgproc/test_reading.py::test_a_compression_that_nobody_here_decodes_is_no_damage": (
            "neither Pillow (8 bits) nor OpenCV",
        ),
        "imgproc/test_io_bands.py::test_floats_of_16_bits_become_floats_of_32": ("float16, which becomes float32",),
        "imgproc/test_io_bands.py::test_levels_of_fewer_bits_are_scaled_to_full_scale": ("levels of 9 to 15 bits",),
        "imgproc/test_io_bands.py::test_numbers_are_given_as_stored_to_those_who_ask": (
            "int8, int16, int32 and uint32, as they are stored",
        ),
        "imgproc/test_io_bands.py::test_what_is_not_supported": ("TIFF of 64-bit integers",),
        "imgproc/test_reading.py::test_a_truncated_file_is_refused_or_kept": ("files deeper than 8 bits only those",),
        "imgproc/test_reading.py::test_pillows_truncated_images_are_left_to_their_program": ("truncated 8-bit images",),
    },
    "local_wiener": {
        "imgproc/test_local_wiener.py::test_the_formula": ("``m + max(0, v - n) / max(v, n)",),
    },
    "add_noise": {
        "test_noise_ends_where_its_notes_say": (
            '``"uniform"`` on mean ± 1.732 std',
            "with an amplitude of 1.414 std",
            "Normal numbers end at 5.3 std, and logarithms of uniform ones at 17.3.",
        ),
        "imgproc/test_noise.py::test_law": (
            "with b = 4 std² / (4 - pi) and a = mean - sqrt(pi b / 4)",
            "the same of order 1.",
        ),
        "imgproc/test_noise.py::test_the_textbooks_laws_begin_at_zero": (
            "The textbook's laws, which begin at 0, are those with mean = 1.913 std, sqrt(order) std and std.",
        ),
        "imgproc/test_noise.py::test_speckle_multiplies": ('``"speckle"`` multiplies by 1 plus a normal number',),
    },
    "adjust_gamma": {"test_polynomials_of_gamma": ("off by less than 3e-7 of full scale.",)},
    "tone_curve": {
        "test_floats_follow_straight_lines": ("floats follow straight lines between its values at 1025 even",)
    },
    "constrained_least_squares": {
        "imgproc/test_restore.py::test_constrained_least_squares_is_its_definition": (
            "conj(H) / (abs(H)^2 + gamma abs(P)^2)",
            "[[0, -1, 0], [-1, 4, -1], [0, -1, 0]] [1]_.",
        ),
        "imgproc/test_restore.py::test_constrained_least_squares_leaves_the_noise": (
            "is noise^2, between 1e-9 and 1e6.",
        ),
        "imgproc/test_restore.py::test_constrained_least_squares_of_a_picture_with_a_margin": (
            "one of 64 by 64 pixels.",
        ),
    },
    "inverse_filter": {
        "imgproc/test_restore.py::test_inverse_filter_is_its_definition": (
            "times 1 / (1 + (D / cutoff)^(2 order)) [1]_; where abs(H) < 0.01 it becomes 0.",
        ),
    },
    "wiener": {
        "imgproc/test_restore.py::test_wiener_of_a_blur_that_loses_waves": (
            "(abs(H)^2 + K) [1]_, 0 where that divides by less than 1e-10",
        ),
        "test_wiener_keeps_the_mean": ("and 1 at zero frequency", "(textbooks darken by 1 / (1 + K))"),
    },
    "turbulence_otf": {
        "test_turbulence_of_the_textbook": (
            "exp(-k (u^2 + v^2)^(5/6)), the strength is k^(3/5) P: 13.2, 7.6 and 3.3 pixels",
            "the textbook's k = 0.0025, 0.001 and 0.00025 at P = 480.",
        ),
    },
    "richardson_lucy": {
        "imgproc/test_restore.py::test_richardson_lucy_is_its_definition": (
            "counts as at least 1e-6 of full scale.",
            "there the quotient is 1",
        ),
    },
    "total_variation_deconvolution": {
        "imgproc/test_restore.py::test_total_variation_is_its_definition": (
            "Makes 1/2 sum (image - blurred x)^2",
            "shrink gradients by 0.1",
        ),
    },
    "superpixels": {FACT: ("with ``sigma=0``, whose compactness",)},
    "multi_otsu": {
        "imgproc/test_segment.py::test_groups_of_levels_are_about_as_good_as_levels": (
            "Exact where at most 65,536 levels occur",
            "the 32,768 largest gaps",
            "into 32,768 groups of equal size.",
        ),
    },
    "bilateral_filter": {FACT: ("up to 1.7 times as large",)},
    "anisotropic_diffusion": {FACT: ("equations 7 to 9",)},
    "gaussian_blur": {
        "test_a_gaussian_ends_at_four_sigma_and_is_exact_up_to_3_15": (
            "cut off at 4 sigma",
            "Above a sigma of 3.15 (of 4.72 for uint8)",
        ),
        "imgproc/test_smooth.py::test_impulse_response_is_within_the_stated_error": (
            "within 6e-4 of the range of levels (of those within 8 sigma)",
            "within 1e-4 usually.",
        ),
        "test_bytes_of_a_gaussian": ("computed in 16 bits and within 0.6 of the exact level",),
    },
    "guided_filter": {
        "imgproc/test_edge_preserving.py::test_guided_is_its_definition": (
            "their 3 x 3 covariance ([1]_, equations 5, 6, 8 and 18 to 20)",
        ),
    },
    "median_blur": {"test_a_median_up_to_radius_127_and_beyond": ("For uint8 up to radius 127 it is OpenCV's",)},
    "non_local_means": {
        "imgproc/test_denoise.py::test_non_local_means_is_its_definition": (
            "exp(-d / strength**2)",
            "the pixel itself weighs 1",
        ),
    },
    "total_variation": {
        "imgproc/test_denoise.py::test_total_variation_is_its_definition": (
            "With ``tolerance=0`` it does not.",
            "TV(u) + ||u - f||**2 / (2 weight)",
            "(that leave the image: 0)",
            "equation 9, with a step of 1/4;",
        ),
    },
    "weighted_median": {
        "imgproc/test_weighted_median.py::test_weights_too_fine_are_rounded": ("below 2**-62 of their sum",),
        FACT: ("number of weights above 0",),
    },
    "wavelet_denoise": {
        "imgproc/test_transform.py::test_wavelet_denoise_is_that_of_scikit_image": ("divided by 0.6745 [1]_.",),
        "imgproc/test_transform.py::test_wavelet_denoise_of_a_picture_with_a_margin": (
            "within 2 roundings of the dtype",
        ),
        "imgproc/test_transform.py::test_what_is_filled_has_no_noise_and_is_not_counted": ("if there are 64 others.",),
    },
    "walsh_hadamard": {
        "imgproc/test_transform.py::test_walsh_hadamard_is_its_definition": ("bit-reverse(k ^ (k >> 1))",),
    },
    "weighted_boxes_fusion": {
        "test_a_fused_score_may_exceed_one": (
            "may exceed 1 without `overflow`",
            "Two boxes of score 1, both of a model of weight 3 beside one of weight 1,",
            "give 1.5. The other three",
        ),
    },
    "average_precision": {
        "augment/test_average_precision.py::test_three_of_ten_boxes_reach_the_recall_of_three_tenths": (
            "3 of 10 boxes reach the recall 0.3",
        ),
        "augment/test_average_precision_files.py::test_columns_of_masks_are_those_of_files": (
            "or arrays of shape (h, w) that are 0 outside",
        ),
        "augment/test_average_precision_files.py::test_keypoints_by_hand": (
            "Keypoints are (n, k, 3) with x, y and a visibility, which is above 0 where the point is labelled (or "
            "(n, k, 2), and all are)",
            "OKS is the mean of ``exp(-d² / (2 area (2 sigma)²))``",
        ),
    },
    "matrix_nms": {
        "augment/test_boxes.py::test_a_box_that_matrix_nms_has_removed_removes_nothing": ("the linear f = 0 below",),
    },
    "Compose": {
        "laws/test_transform_laws.py::test_law": ("an image spans [0, w] x [0, h].",),
    },
    "from_albumentations": {
        "augment/test_from_albumentations.py::test_what_is_exact_gives_what_albumentations_gives": (
            "levels within 1 of 255 (where geometry interpolates, within 2 on 99.9 % of the pixels,",
            "boxes within 0.01 pixels.",
        ),
    },
    "Elastic": {FACT: ("2D and 3D uniform", "Graphical Models 2000.")},
}
"""By name: which test holds which words of its Notes.  A test without a file is one of this file."""


def notes_of(name: str) -> str:
    """The Notes of a public name, on one line."""
    parts = re.split(r"\n(\w[\w ]*)\n-{3,}\n", inspect.getdoc(public()[name]) or "")
    return re.sub(r"\s+", " ", dict(zip(parts[1::2], parts[2::2])).get("Notes", ""))


def public() -> dict[str, object]:
    return {name: getattr(module, name) for module in (imgproc, augment) for name in module.__all__}


def numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Where numbers stand that are no part of a name, and no mark of a reference."""
    for found in re.finditer(r"(?<![\w.])\d(?:[\d,.]*\d)?", text):
        if not re.fullmatch(r"\[\d+\]_", text[found.start() - 1 : found.end() + 2]):
            yield found.start(), found.end(), found.group()


@pytest.mark.parametrize("name", sorted(name for name in public() if any(numbers(notes_of(name)))))
def test_every_number_in_notes_is_held(name: str) -> None:
    text, spans = notes_of(name), []
    for fragments in HELD.get(name, {}).values():
        for fragment in fragments:
            at = text.find(fragment)
            assert at >= 0, f"{name}'s Notes no longer say {fragment!r}: is its test still right?"
            spans.append((at, at + len(fragment)))
    free = [text[max(a - 40, 0) : b + 40] for a, b, _ in numbers(text) if not any(s <= a and b <= e for s, e in spans)]
    assert not free, f"a number in {name}'s Notes that no test holds: {free}"


def test_the_tests_that_are_named_are_there() -> None:
    assert set(HELD) <= set(public())
    for name, places in HELD.items():
        assert any(numbers(notes_of(name))), f"{name} has no number in its Notes"
        for place in places:
            if place != FACT:
                file, _, test = place.rpartition("::")
                text = (TESTS / file if file else Path(__file__)).read_text(encoding="utf-8")
                assert f"def {test}(" in text, f"{place}, which holds words of {name}, is not there"


# --- the claims -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [-16.1, 16.1])
def test_one_percent_of_a_float_image_may_be_beyond(level: float) -> None:
    image = np.full((30, 30), 0.5, np.float32)
    image[0, :9] = level
    imgproc.to_uint8(image)
    image[0, 9] = -16 if level < 0 else 16  # not beyond
    imgproc.to_uint8(image)
    image[0, 10] = level
    with pytest.raises(ValueError, match="image must have levels from 0 to 1"):
        imgproc.to_uint8(image)
    imgproc.to_uint8(image[0:1, :16] * 0 + np.where(np.arange(16) < 4, level, 0.5).astype(np.float32))
    with pytest.raises(ValueError, match="image must have levels from 0 to 1"):
        imgproc.to_uint8(np.full((1, 3), level))
    for near in (-1.1, 2.1):
        image = np.full((8, 8), 0.5)
        image[:2] = near  # a quarter
        imgproc.to_uint8(image)
        image[2, 0] = near
        with pytest.raises(ValueError, match="image must have levels from 0 to 1"):
            imgproc.to_uint8(image)


def test_of_a_large_image_some_rows_and_columns_are_looked_at() -> None:
    image = np.full((66, 96), 0.5)
    step = 3  # 66 and 96 by at most 32
    for axis in (0, 1):
        moved = np.moveaxis(image, axis, 0)
        passed = moved.copy()
        passed[np.arange(len(moved)) % step != 0] = 100
        imgproc.to_uint8(np.moveaxis(passed, 0, axis))
        moved = moved.copy()
        moved[::step] = 100
        with pytest.raises(ValueError, match="image must have levels from 0 to 1"):
            imgproc.to_uint8(np.moveaxis(moved, 0, axis))


def test_points_of_a_thousand_pixels_are_exact_to_a_ten_thousandth() -> None:
    ramp = np.broadcast_to(np.arange(1000.0), (3, 1000))
    moved = imgproc.warp(ramp, np.array([[1, 0, 0.3], [0, 1, 0.0]]))
    np.testing.assert_allclose(moved[1, 2:-2], np.arange(2, 998) - 0.3, rtol=0, atol=1.5e-4)


def test_white_stays_white_and_a_constant_becomes_a_power() -> None:
    e = 1 / 255
    for f in (0.0, 0.2, 0.7, 1 - e):
        found = imgproc.homomorphic(np.full((12, 15), f), low=0.4)
        np.testing.assert_allclose(found, (f + e) ** 0.4 - e, rtol=0, atol=1e-12)
    np.testing.assert_allclose(imgproc.homomorphic(np.full((9, 9), 1 - e)), 1 - e, rtol=0, atol=1e-12)


def test_noise_ends_where_its_notes_say() -> None:
    image, std = np.zeros((1024, 1024), np.float32), 0.5
    uniform = imgproc.add_noise(image, kind="uniform", std=std, mean=0.1, key=0)
    assert uniform.max() == pytest.approx(0.1 + 1.732 * std, abs=1e-4)
    assert uniform.min() == pytest.approx(0.1 - 1.732 * std, abs=1e-4)
    wave = imgproc.add_noise(image[:64, :64], kind="periodic", std=std, frequency=(0.05, 0), key=0)
    assert np.abs(wave).max() == pytest.approx(1.414 * std, abs=1e-3)
    # A number of 24 bits: with this key the least of them occurs.
    logarithm = imgproc.add_noise(image, kind="exponential", std=std, key=6) / std + 1
    assert logarithm.max() == pytest.approx(25 * math.log(2), rel=1e-6)
    assert round(float(logarithm.max()), 1) == 17.3
    normal = imgproc.add_noise(image, kind="gaussian", std=std, key=56) / std
    assert 5.1 < np.abs(normal).max() < 5.35


@pytest.mark.parametrize("gamma", [0.2, 0.45, 1.0, 2.2, 5.0])
def test_polynomials_of_gamma(gamma: float) -> None:
    levels = np.linspace(0, 1, 1 << 16).reshape(256, 256)
    found = imgproc.adjust_gamma(levels.astype(np.float32), gamma=gamma)
    expected = levels.astype(np.float32).astype(float) ** gamma
    assert np.abs(found - expected).max() < 3e-7
    deep = imgproc.adjust_gamma(np.arange(65536, dtype=np.uint16).reshape(256, 256), gamma=gamma)
    expected = np.arange(65536).reshape(256, 256) / 65535
    assert np.abs(deep / 65535 - expected**gamma).max() < 3e-7 + 0.5 / 65535


def test_floats_follow_straight_lines() -> None:
    points = [(0.0, 0.1), (0.2, 0.5), (0.55, 0.52), (1.0, 0.9)]
    knots = np.arange(1025)[np.newaxis] / 1024
    between = (np.arange(1024)[np.newaxis] + np.array([[0.25], [0.5], [0.75]])) / 1024
    curve = imgproc.tone_curve(knots, points=points)[0]
    found = imgproc.tone_curve(between, points=points)
    np.testing.assert_allclose(found, np.interp(between, knots[0], curve), rtol=0, atol=1e-7)
    assert (np.abs(np.diff(curve, 2)) > 1e-9).mean() > 0.9  # it bends at the knots


def test_wiener_keeps_the_mean(rng: np.random.Generator) -> None:
    psf = imgproc.gaussian_psf(1.0)
    constant = np.full((20, 24), 0.6)
    np.testing.assert_allclose(imgproc.wiener(constant, psf, noise_to_signal=0.5), 0.6, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("k", "strength"), [(0.0025, 13.2), (0.001, 7.6), (0.00025, 3.3)])
def test_turbulence_of_the_textbook(k: float, strength: float) -> None:
    exact = k ** (3 / 5) * 480
    assert round(exact, 1) == strength
    u = np.fft.fftfreq(480) * 480
    expected = np.exp(-k * (u[:, np.newaxis] ** 2 + u**2) ** (5 / 6))
    np.testing.assert_allclose(imgproc.turbulence_otf((480, 480), exact), expected, rtol=0, atol=1e-12)


def test_a_gaussian_ends_at_four_sigma_and_is_exact_up_to_3_15() -> None:
    def response(sigma: float) -> tuple[np.ndarray, np.ndarray]:
        """Of an impulse, ours and the weights of the definition, in the middle row."""
        image = np.zeros((81, 81), np.float32)
        image[:, 40] = 1
        reach = math.ceil(4 * sigma)
        places = np.arange(-reach, reach + 1)
        weights = np.exp(-(places**2) / (2 * sigma**2))
        exact = np.zeros(81)
        exact[40 + places] = weights / weights.sum()
        return imgproc.gaussian_blur(image, sigma=sigma)[40], exact

    for sigma in (0.75, 2.0, 3.0):
        ours, exact = response(sigma)
        np.testing.assert_allclose(ours, exact, rtol=0, atol=2e-7)
        assert np.count_nonzero(ours) == 2 * 4 * sigma + 1
    below, above = response(3.15), response(3.16)
    assert np.abs(below[0] - below[1]).max() < 1e-6 < np.abs(above[0] - above[1]).max()


@pytest.mark.parametrize("sigma", [0.6, 1.5, 3.0, 4.72])
def test_bytes_of_a_gaussian(sigma: float, rng: np.random.Generator) -> None:
    image = rng.integers(0, 2, (60, 64), dtype=np.uint8) * np.uint8(255)
    exact = slow.gaussian_blur(image.astype(float), sigma=sigma)
    assert np.abs(imgproc.gaussian_blur(image, sigma=sigma) - exact).max() <= 0.6


def test_a_median_up_to_radius_127_and_beyond(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (9, 300), dtype=np.uint8)
    np.testing.assert_array_equal(imgproc.median_blur(image, radius=127), cv2.medianBlur(image, 255))
    ours, padded = imgproc.median_blur(image, radius=128), np.pad(image, 128, mode="edge")
    for y, x in ((0, 0), (4, 150), (8, 299)):
        assert ours[y, x] == np.median(padded[y : y + 257, x : x + 257])


def test_a_fused_score_may_exceed_one() -> None:
    box = [0, 0, 10, 10]
    given = ([[box, box], []], [[1.0, 1.0], []])
    assert augment.weighted_boxes_fusion(*given, weights=[3, 1])[1].tolist() == [1.5]
    for confidence in ("max", "box_and_model_avg", "absent_model_aware_avg"):
        assert augment.weighted_boxes_fusion(*given, weights=[3, 1], confidence=confidence)[1].max() <= 1
    assert augment.weighted_boxes_fusion(*given)[1].tolist() == [1.0]

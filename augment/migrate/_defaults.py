"""The parameters of albumentations 2.0.8 and their defaults, as facts: nothing of it has to be installed.

A test compares them with the library where it is there.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

__all__: list[str] = []

GROUPS = (
    "Compose",
    "OneOf",
    "OneOrOther",
    "RandomOrder",
    "ReplayCompose",
    "SelectiveChannelTransform",
    "Sequential",
    "SomeOf",
)
"""What holds transforms; all others are the 116 transforms."""


@functools.cache
def defaults() -> dict[str, dict[str, Any]]:
    """The parameters of each class by name, those without a default left out."""
    found: dict[str, dict[str, Any]] = {}
    for row in _ROWS.replace("\n    ", " ").strip().splitlines():
        name, _, rest = row.partition(": ")
        parts = (part.partition("=") for part in rest.split("; "))
        found[name] = {key: ast.literal_eval(value) for key, _, value in parts if value != "..."}
    return found


@functools.cache
def required() -> dict[str, tuple[str, ...]]:
    """The parameters of each class that have no default."""
    rows = (row.partition(": ") for row in _ROWS.replace("\n    ", " ").strip().splitlines())
    return {name: tuple(p[:-4] for p in rest.split("; ") if p.endswith("=...")) for name, _, rest in rows}


_ROWS = """
AdditiveNoise: noise_type='uniform'; spatial_mode='constant'; noise_params=None; approximation=1.0; p=0.5
AdvancedBlur: blur_limit=(3, 7); sigma_x_limit=(0.2, 1.0); sigma_y_limit=(0.2, 1.0); rotate_limit=(-90, 90);
    beta_limit=(0.5, 8.0); noise_limit=(0.9, 1.1); p=0.5
Affine: scale=(1.0, 1.0); translate_percent=None; translate_px=None; rotate=0.0; shear=(0.0, 0.0); interpolation=1;
    mask_interpolation=0; fit_output=False; keep_ratio=False; rotate_method='largest_box'; balanced_scale=False;
    border_mode=0; fill=0; fill_mask=0; p=0.5
AtLeastOneBBoxRandomCrop: height=...; width=...; erosion_factor=0.0; p=1.0
AutoContrast: cutoff=0; ignore=None; method='cdf'; p=0.5
BBoxSafeRandomCrop: erosion_rate=0.0; p=1.0
Blur: blur_limit=(3, 7); p=0.5
CLAHE: clip_limit=4.0; tile_grid_size=(8, 8); p=0.5
CenterCrop: height=...; width=...; pad_if_needed=False; pad_position='center'; border_mode=0; fill=0.0; fill_mask=0.0;
    p=1.0
CenterCrop3D: size=...; pad_if_needed=False; fill=0; fill_mask=0; p=1.0
ChannelDropout: channel_drop_range=(1, 1); fill=0; p=0.5
ChannelShuffle: p=0.5
ChromaticAberration: primary_distortion_limit=(-0.02, 0.02); secondary_distortion_limit=(-0.05, 0.05);
    mode='green_purple'; interpolation=1; p=0.5
CoarseDropout: num_holes_range=(1, 2); hole_height_range=(0.1, 0.2); hole_width_range=(0.1, 0.2); fill=0;
    fill_mask=None; p=0.5
CoarseDropout3D: num_holes_range=(1, 1); hole_depth_range=(0.1, 0.2); hole_height_range=(0.1, 0.2);
    hole_width_range=(0.1, 0.2); fill=0; fill_mask=None; p=0.5
ColorJitter: brightness=(0.8, 1.2); contrast=(0.8, 1.2); saturation=(0.8, 1.2); hue=(-0.5, 0.5); p=0.5
Compose: bbox_params=None; keypoint_params=None; additional_targets=None; p=1.0; is_check_shapes=True; strict=False;
    mask_interpolation=None; seed=None; save_applied_params=False
ConstrainedCoarseDropout: num_holes_range=(1, 1); hole_height_range=(0.1, 0.1); hole_width_range=(0.1, 0.1); fill=0;
    fill_mask=None; p=0.5; mask_indices=None; bbox_labels=None
Crop: x_min=0; y_min=0; x_max=1024; y_max=1024; pad_if_needed=False; pad_position='center'; border_mode=0; fill=0;
    fill_mask=0; p=1.0
CropAndPad: px=None; percent=None; keep_size=True; sample_independently=True; interpolation=1; mask_interpolation=0;
    border_mode=0; fill=0; fill_mask=0; p=1.0
CropNonEmptyMaskIfExists: height=...; width=...; ignore_values=None; ignore_channels=None; p=1.0
CubicSymmetry: p=1.0
D4: p=1
Defocus: radius=(3, 10); alias_blur=(0.1, 0.5); p=0.5
Downscale: scale_range=(0.25, 0.25); interpolation_pair={'upscale': 0, 'downscale': 0}; p=0.5
ElasticTransform: alpha=1; sigma=50; interpolation=1; approximate=False; same_dxdy=False; mask_interpolation=0;
    noise_distribution='gaussian'; keypoint_remapping_method='mask'; border_mode=0; fill=0; fill_mask=0; p=0.5
Emboss: alpha=(0.2, 0.5); strength=(0.2, 0.7); p=0.5
Equalize: mode='cv'; by_channels=True; mask=None; mask_params=(); p=0.5
Erasing: scale=(0.02, 0.33); ratio=(0.3, 3.3); fill=0; fill_mask=None; p=0.5
FDA: reference_images=None; beta_limit=(0, 0.1); read_fn=None; metadata_key='fda_metadata'; p=0.5
FancyPCA: alpha=0.1; p=0.5
FrequencyMasking: freq_mask_param=30; p=0.5
FromFloat: dtype='uint8'; max_value=None; p=1.0
GaussNoise: std_range=(0.2, 0.44); mean_range=(0.0, 0.0); per_channel=True; noise_scale_factor=1; p=0.5
GaussianBlur: blur_limit=0; sigma_limit=(0.5, 3.0); p=0.5
GlassBlur: sigma=0.7; max_delta=4; iterations=2; mode='fast'; p=0.5
GridDistortion: num_steps=5; distort_limit=(-0.3, 0.3); interpolation=1; normalized=True; mask_interpolation=0;
    keypoint_remapping_method='mask'; p=0.5; border_mode=0; fill=0; fill_mask=0
GridDropout: ratio=0.5; random_offset=True; unit_size_range=None; holes_number_xy=None; shift_xy=(0, 0); fill=0;
    fill_mask=None; p=0.5
GridElasticDeform: num_grid_xy=...; magnitude=...; interpolation=1; mask_interpolation=0; p=1.0
HEStain: method='random_preset'; preset=None; intensity_scale_range=(0.7, 1.3); intensity_shift_range=(-0.2, 0.2);
    augment_background=False; p=0.5
HistogramMatching: reference_images=None; blend_ratio=(0.5, 1.0); read_fn=None; metadata_key='hm_metadata'; p=0.5
HorizontalFlip: p=0.5
HueSaturationValue: hue_shift_limit=(-20, 20); sat_shift_limit=(-30, 30); val_shift_limit=(-20, 20); p=0.5
ISONoise: color_shift=(0.01, 0.05); intensity=(0.1, 0.5); p=0.5
Illumination: mode='linear'; intensity_range=(0.01, 0.2); effect_type='both'; angle_range=(0, 360); center_range=(0.1,
    0.9); sigma_range=(0.2, 1.0); p=0.5
ImageCompression: compression_type='jpeg'; quality_range=(99, 100); p=0.5
InvertImg: p=0.5
Lambda: image=None; mask=None; keypoints=None; bboxes=None; name=None; p=1.0
LongestMaxSize: max_size=None; max_size_hw=None; interpolation=1; mask_interpolation=0; area_for_downscale=None; p=1
MaskDropout: max_objects=(1, 1); fill=0; fill_mask=0; p=0.5
MedianBlur: blur_limit=(3, 7); p=0.5
Morphological: scale=(2, 3); operation='dilation'; p=0.5
Mosaic: grid_yx=(2, 2); target_size=(512, 512); cell_shape=(512, 512); center_range=(0.3, 0.7); fit_mode='cover';
    interpolation=1; mask_interpolation=0; fill=0; fill_mask=0; metadata_key='mosaic_metadata'; p=0.5
MotionBlur: blur_limit=(3, 7); allow_shifted=True; angle_range=(0, 360); direction_range=(-1.0, 1.0); p=0.5
MultiplicativeNoise: multiplier=(0.9, 1.1); per_channel=False; elementwise=False; p=0.5
NoOp: p=0.5
Normalize: mean=(0.485, 0.456, 0.406); std=(0.229, 0.224, 0.225); max_pixel_value=255.0; normalization='standard';
    p=1.0
OneOf: p=0.5
OneOrOther: p=0.5
OpticalDistortion: distort_limit=(-0.05, 0.05); interpolation=1; mask_interpolation=0; mode='camera';
    keypoint_remapping_method='mask'; p=0.5; border_mode=0; fill=0; fill_mask=0
OverlayElements: metadata_key='overlay_metadata'; p=0.5
Pad: padding=0; fill=0; fill_mask=0; border_mode=0; p=1.0
Pad3D: padding=...; fill=0; fill_mask=0; p=1.0
PadIfNeeded: min_height=1024; min_width=1024; pad_height_divisor=None; pad_width_divisor=None; position='center';
    border_mode=0; fill=0; fill_mask=0; p=1.0
PadIfNeeded3D: min_zyx=None; pad_divisor_zyx=None; position='center'; fill=0; fill_mask=0; p=1.0
Perspective: scale=(0.05, 0.1); keep_size=True; fit_output=False; interpolation=1; mask_interpolation=0;
    border_mode=0; fill=0; fill_mask=0; p=0.5
PiecewiseAffine: scale=(0.03, 0.05); nb_rows=(4, 4); nb_cols=(4, 4); interpolation=1; mask_interpolation=0;
    absolute_scale=False; keypoint_remapping_method='mask'; p=0.5; border_mode=0; fill=0; fill_mask=0
PixelDistributionAdaptation: reference_images=None; blend_ratio=(0.25, 1.0); read_fn=None; transform_type='pca';
    metadata_key='pda_metadata'; p=0.5
PixelDropout: dropout_prob=0.01; per_channel=False; drop_value=0; mask_drop_value=None; p=0.5
PlanckianJitter: mode='blackbody'; temperature_limit=None; sampling_method='uniform'; p=0.5
PlasmaBrightnessContrast: brightness_range=(-0.3, 0.3); contrast_range=(-0.3, 0.3); plasma_size=256; roughness=3.0;
    p=0.5
PlasmaShadow: shadow_intensity_range=(0.3, 0.7); plasma_size=256; roughness=3.0; p=0.5
Posterize: num_bits=4; p=0.5
RGBShift: r_shift_limit=(-20, 20); g_shift_limit=(-20, 20); b_shift_limit=(-20, 20); p=0.5
RandomBrightnessContrast: brightness_limit=(-0.2, 0.2); contrast_limit=(-0.2, 0.2); brightness_by_max=True;
    ensure_safe_range=False; p=0.5
RandomCrop: height=...; width=...; pad_if_needed=False; pad_position='center'; border_mode=0; fill=0.0; fill_mask=0.0;
    p=1.0
RandomCrop3D: size=...; pad_if_needed=False; fill=0; fill_mask=0; p=1.0
RandomCropFromBorders: crop_left=0.1; crop_right=0.1; crop_top=0.1; crop_bottom=0.1; p=1.0
RandomCropNearBBox: max_part_shift=(0, 0.3); cropping_bbox_key='cropping_bbox'; p=1.0
RandomFog: alpha_coef=0.08; fog_coef_range=(0.3, 1); p=0.5
RandomGamma: gamma_limit=(80, 120); p=0.5
RandomGravel: gravel_roi=(0.1, 0.4, 0.9, 0.9); number_of_patches=2; p=0.5
RandomGridShuffle: grid=(3, 3); p=0.5
RandomOrder: n=1; replace=False; p=1
RandomRain: slant_range=(-10, 10); drop_length=None; drop_width=1; drop_color=(200, 200, 200); blur_value=7;
    brightness_coefficient=0.7; rain_type='default'; p=0.5
RandomResizedCrop: size=...; scale=(0.08, 1.0); ratio=(0.75, 1.3333333333333333); interpolation=1;
    mask_interpolation=0; area_for_downscale=None; p=1.0
RandomRotate90: p=1
RandomScale: scale_limit=(-0.1, 0.1); interpolation=1; mask_interpolation=0; area_for_downscale=None; p=0.5
RandomShadow: shadow_roi=(0, 0.5, 1, 1); num_shadows_limit=(1, 2); shadow_dimension=5; shadow_intensity_range=(0.5,
    0.5); p=0.5
RandomSizedBBoxSafeCrop: height=...; width=...; erosion_rate=0.0; interpolation=1; mask_interpolation=0; p=1.0
RandomSizedCrop: min_max_height=...; size=...; w2h_ratio=1.0; interpolation=1; mask_interpolation=0;
    area_for_downscale=None; p=1.0
RandomSnow: brightness_coeff=2.5; snow_point_range=(0.1, 0.3); method='bleach'; p=0.5
RandomSunFlare: flare_roi=(0, 0, 1, 0.5); src_radius=400; src_color=(255, 255, 255); angle_range=(0, 1);
    num_flare_circles_range=(6, 10); method='overlay'; p=0.5
RandomToneCurve: scale=0.1; per_channel=False; p=0.5
ReplayCompose: bbox_params=None; keypoint_params=None; additional_targets=None; p=1.0; is_check_shapes=True;
    save_key='replay'
Resize: height=...; width=...; interpolation=1; mask_interpolation=0; area_for_downscale=None; p=1
RingingOvershoot: blur_limit=(7, 15); cutoff=(0.7853981633974483, 1.5707963267948966); p=0.5
Rotate: limit=(-90, 90); interpolation=1; border_mode=0; rotate_method='largest_box'; crop_border=False;
    mask_interpolation=0; fill=0; fill_mask=0; p=0.5
SafeRotate: limit=(-90, 90); interpolation=1; border_mode=0; rotate_method='largest_box'; mask_interpolation=0;
    fill=0; fill_mask=0; p=0.5
SaltAndPepper: amount=(0.01, 0.06); salt_vs_pepper=(0.4, 0.6); p=0.5
SelectiveChannelTransform: channels=(0, 1, 2); p=1.0
Sequential: p=0.5
Sharpen: alpha=(0.2, 0.5); lightness=(0.5, 1.0); method='kernel'; kernel_size=5; sigma=1.0; p=0.5
ShiftScaleRotate: shift_limit=(-0.0625, 0.0625); scale_limit=(-0.1, 0.1); rotate_limit=(-45, 45); interpolation=1;
    border_mode=0; shift_limit_x=None; shift_limit_y=None; rotate_method='largest_box'; mask_interpolation=0; fill=0;
    fill_mask=0; p=0.5
ShotNoise: scale_range=(0.1, 0.3); p=0.5
SmallestMaxSize: max_size=None; max_size_hw=None; interpolation=1; mask_interpolation=0; area_for_downscale=None; p=1
Solarize: threshold_range=(0.5, 0.5); p=0.5
SomeOf: n=1; replace=False; p=1
Spatter: mean=(0.65, 0.65); std=(0.3, 0.3); gauss_sigma=(2, 2); cutout_threshold=(0.68, 0.68); intensity=(0.6, 0.6);
    mode='rain'; color=None; p=0.5
SquareSymmetry: p=1
Superpixels: p_replace=(0, 0.1); n_segments=(100, 100); max_size=128; interpolation=1; p=0.5
TextImage: font_path=...; stopwords=('the', 'is', 'in', 'at', 'of'); augmentations=(None,); fraction_range=(1.0, 1.0);
    font_size_fraction_range=(0.8, 0.9); font_color=(0, 0, 0); clear_bg=False; metadata_key='textimage_metadata';
    p=0.5
ThinPlateSpline: scale_range=(0.2, 0.4); num_control_points=4; interpolation=1; mask_interpolation=0;
    keypoint_remapping_method='mask'; p=0.5; border_mode=0; fill=0; fill_mask=0
TimeMasking: time_mask_param=40; p=0.5
TimeReverse: p=0.5
ToFloat: max_value=None; p=1.0
ToGray: num_output_channels=3; method='weighted_average'; p=0.5
ToRGB: num_output_channels=3; p=1.0
ToSepia: p=0.5
Transpose: p=0.5
UnsharpMask: blur_limit=(3, 7); sigma_limit=0.0; alpha=(0.2, 0.5); threshold=10; p=0.5
VerticalFlip: p=0.5
XYMasking: num_masks_x=0; num_masks_y=0; mask_x_length=0; mask_y_length=0; fill=0; fill_mask=None; p=0.5
ZoomBlur: max_factor=(1, 1.31); step_factor=(0.01, 0.03); p=0.5
"""

"""What calls get beside pictures: texts of ordinary arguments, and of some that are not."""

from __future__ import annotations

OTHER_ARGUMENTS: dict[str, list[str]] = {
    # Of functions whose first argument is no image: texts by the name of the argument.  Those of one place in their
    # lists go together.
    "size": ["(16, 17)", "(1, 1)", "(40, 3)"],
    "mask": ["picture('two', (16, 17), 'bool')", "picture('noise', (1, 1), 'bool')"],
    "radius": ["2.5", "0.3", "7"],
    "sigma": ["1.5", "0.2", "0.5"],
    "length": ["9.0", "1.0", "2.5"],
    "strength": ["0.002", "0.1"],
    "temperature": ["5000.0", "1700.0", "15000.0"],
    "coefficients": [
        "imgproc.wavelet(picture('noise', (16, 17), 'float32'))",
        "imgproc.dct(picture('noise', (16, 17), 'float64'))",
        "imgproc.dft(picture('noise', (16, 17, 3), 'float32'))",
        "numbers((8, 16))",
    ],
    "labels": ["classes(40)", "picture('ramp', (16, 17), 'int32')", "np.array(list('aabbbc'))", "[0, 1, 1]"],
    "image": ["picture('noise', (16, 17, 3), 'uint8')", "picture('noise', (40, 30, 3), 'float32')"],
    "boxes": ["boxes(12)", "boxes(0)", "boxes(1, 'float32')", "boxes(5).tolist()", "[boxes(3), boxes(2)]"],
    "others": ["boxes(9, seed=1)", "boxes(12, seed=1)", "boxes(0)"],
    "scores": ["numbers((12,))", "numbers((0,))", "[0.5]", "numbers((5,)).tolist()", "[numbers(3), numbers(2)]"],
    "classes": ["classes(12)", "classes(0)", "[1]", "list('abbab')", "None"],
    "y_true": ["classes(40, 2)", "classes(40)", "np.array(list('aabbbc'))"],
    "y_pred": ["classes(40, 2, seed=1)", "classes(40, seed=1)", "np.array(list('abbbbc'))"],
    "score": ["numbers((40,))"],
    "average": ["'binary'", "'macro'", "'none'"],
    "truth": ["[{'boxes': boxes(5), 'classes': classes(5)}, {'boxes': boxes(0), 'classes': []}]"],
    "detections": [
        "[{'boxes': boxes(7, seed=2), 'classes': classes(7), 'scores': numbers((7,))}, "
        "{'boxes': boxes(2), 'classes': [0, 1], 'scores': [0.5, 0.25]}]"
    ],
    "boxes_or_folder": ["numbers((60, 2), scale=100) + 1", "boxes(50)", "numbers((9, 2)) + 0.1"],
    "k": ["3", "2", "'auto'"],
    "X": ["numbers((50, 2)) + 0.1", "numbers((50, 4), 'float32') + 0.1"],
    "n_clusters": ["3", "1"],
    "n_init": ["1"],
}

_SQUARE = "[(0, 0), (20, 0), (20, 10), (0, 10)]"
OWN_ARGUMENTS: dict[str, dict[str, list[str]]] = {
    # Of single functions.
    "grid_cut": {
        "source": ["whole((9, 8))", "whole((1, 1))", "whole((9, 8), top=2**40)"],
        "sink": ["whole((9, 8), seed=1)", "whole((1, 1), seed=1)", "whole((9, 8), seed=1)"],
        "right": ["whole((9, 7))", "whole((1, 0))", "whole((9, 7), top=2**30)"],
        "down": ["whole((8, 8))", "whole((0, 1))", "whole((8, 8))"],
    },
    "perspective_from_points": {
        "source": [_SQUARE, f"np.array({_SQUARE})", f"np.float32({_SQUARE})"],
        "target": [f"np.array({_SQUARE}) + numbers((4, 2), scale=3)", f"{_SQUARE}[::-1]", "numbers((4, 2), scale=30)"],
    },
    "weighted_boxes_fusion": {
        "boxes": ["[boxes(3), boxes(2)]", "[boxes(0)]", "[boxes(12), boxes(12, seed=1), boxes(0)]"],
        "scores": ["[numbers(3), numbers(2)]", "[[]]", "[numbers(12), numbers(12, seed=1), []]"],
        "classes": ["[classes(3), classes(2)]", "[[]]", "None"],
    },
    "merge_tiles": {
        "tiles": ["[(0, 0), (20, 0)]", "tiles()", "[(0, 0)]"],
        "boxes": ["[boxes(3), boxes(2)]", "[boxes(2)] * len(tiles())", "[boxes(12)]"],
        "scores": ["[numbers(3), numbers(2)]", "[numbers(2)] * len(tiles())", "[numbers(12)]"],
        "classes": ["[classes(3), classes(2)]", "None", "[['a'] * 12]"],
    },
    "hamming_distance": {
        "a": ["whole((5,), top=2**50)", "7", "[1, 2]"],
        "b": ["whole((5,), seed=1)", "2**64 - 1", "3"],
    },
    "find_near_duplicates": {"hashes": ["whole((60,), top=2**40)", "[3, 1, 2, 1]", "whole((400,), top=99)"]},
    "balance_plan": {"target": ["'max'", "10", "{0: 50}"]},
    "from_albumentations": {"pipeline": [f"migrated({k})" for k in range(60)]},
    "from_torchvision": {"pipeline": ["[]", "[[]]"]},
}

OPTIONS = {
    # Of a chain: texts, or an ordinary value that is changed.
    "dtype": "'uint8'; 'float32'; 'uint16'; 'float64'; 'float16'",
    "layout": "'first'; 'last'",
    "box_format": "'coco'; 'yolo'; 'albumentations'; 'obb'; 'corners'",
    "box_outside": "'raise'; 'clip'; 'clip'; 'drop'",
    "keypoint_columns": "(); ('visibility',); ('angle', 'scale'); ['visibility', 'id']; 'angle'",
    "keypoint_mirror": "{0: 1}; [(0, 3)]; [1, 0]; {'a': 'b'}; 5",
    "fuse": True,
    "min_area": 0.0,
    "min_visibility": 0.0,
    "clip": True,
    "remove_invisible": True,
    "seed": 3,
}

KEYS = "1; (2, 3); 7; 2**63; np.int64(4); -1; 'a'; (1, 2, 3)"
MASKS = ["uint8", "uint8", "bool", "int32", "uint16", "float32", "int64"]
BOXES = """
boxes_in(image, 3); boxes_in(image, 1); boxes_in(image, 5); boxes_in(image, 2);
boxes(3); boxes(0); boxes(2) / 40; boxes(2).tolist(); []; boxes(1, 'float32'); np.array([[1e9, 0, 2e9, 5]]);
np.array([[np.nan, 1, 2, 3]]); boxes(2)[:, ::-1]; numbers((3, 5), scale=30); numbers((2, 8), scale=30);
[(9.0, 9.0, 8.0, 4.0, 1e300)]; [(1e308, 9.0, 1e308, 4.0, 5.0)]; [(1.0, 2.0, 9.0, 8.0, 'a')]
"""
KEYPOINTS = """
points_in(image, 4); points_in(image, 1); points_in(image, 2, 'float32');
numbers((4, 2), scale=30); []; [(1, 2)]; numbers((2, 2), scale=1e18); np.array([[np.nan, 1.0]]); numbers((3, 3));
numbers((2, 4, 3), scale=20); numbers((3, 4), scale=20); [(1, 2, 1e300, 1e300)]; np.zeros((0, 4, 3))
"""

TABLES = """
numbers((40, 3)); numbers((40, 3), 'float32'); numbers((40, 3), scale=1e160); numbers((40, 3), scale=1e-300);
np.zeros((40, 3)); np.full((40, 3), np.nan); numbers((40, 3)).tolist(); np.rint(numbers((40, 3), scale=3));
numbers((40, 3))[::-1]; np.asfortranarray(numbers((40, 3))); numbers((0, 3)); numbers((40,))
"""
CLASSES = """
classes(40, 2); classes(40, 3); classes(40, 3).astype(str); classes(40, 2) > 0; np.zeros(40); classes(39);
[0] * 38 + [1] * 2; [0] * 39 + [1]
"""

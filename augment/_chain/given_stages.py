"""Stages that a transform of a user's own gives: whether they are stages."""

from __future__ import annotations

from typing import Any, get_args

from imgproc._scanline import Geometry, Stage

_STAGES = get_args(Stage)


def check_stages(stages: Any, who: str) -> list[Stage]:
    """What `lower` of a transform `who` has given.

    Raises
    ------
    TypeError, ValueError
        If it is no list of stages, or a map has no matrix of nine numbers.
    """
    if not isinstance(stages, (list, tuple)) or type(stages) in _STAGES:
        hint = ": return [stage], a list of one" if type(stages) in _STAGES else ""
        hint = ": return [] where nothing is done" if stages is None else hint
        raise TypeError(f"lower of {who} must give a list of stages, got {type(stages).__name__}{hint}")
    for k, stage in enumerate(stages):
        if type(stage) not in _STAGES:
            hint = ": a function of the image is stages.Whole(function)" if callable(stage) else ""
            raise TypeError(
                f"lower of {who} must give stages (see augment.stages), got {type(stage).__name__} in place {k}{hint}"
            )
        if type(stage) is Geometry and len(stage.pull) != 9:
            raise ValueError(
                f"lower of {who} must give a Geometry whose pull has nine numbers, a 3 x 3 matrix row by row, got "
                f"{len(stage.pull)}{': add 0, 0, 1' * (len(stage.pull) == 6)}"
            )
    return stages if isinstance(stages, list) else list(stages)

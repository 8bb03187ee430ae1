"""How the commands are added to a parser."""

from augment.__main__ import _add_anchors as add_anchors
from augment.__main__ import _add_convert as add_convert
from augment.offline._command import add_run
from augment.offline._plan_command import add_plan
from imgproc.inpaint._command import add_to as add_inpaint
from imgproc.inpaint._scenes_command import add_to as add_scenes

__all__ = ["add_anchors", "add_convert", "add_inpaint", "add_plan", "add_run", "add_scenes"]

"""Where rows of boxes are sorted by score and their classes numbered."""

from augment.boxes._inputs import coded
from augment.boxes._order import falling

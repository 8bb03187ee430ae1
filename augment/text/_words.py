"""Texts: what may be written, at random, and with changed words."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

from .._chain.keys import Draws

__all__: list[str] = []

LONGEST = 256
"""Characters of a text: each of them is drawn, measured and kept in records."""
EDITS = "keep", "insertion", "swap", "deletion"


def checked_text(value: Any, name: str) -> str:
    """A text that can be written in one line."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {value!r:.60}")
    if not 1 <= len(value) <= LONGEST:
        raise ValueError(f"{name} must have 1 to {LONGEST} characters, got {len(value)}")
    if any(map(_is_control, value)):
        raise ValueError(f"{name} must be one line, without control characters, got {value!r:.60}")
    return value


def checked_texts(value: Any, name: str) -> tuple[str, ...]:
    """At least one text."""
    if not isinstance(value, (tuple, list)):
        hint = f": write {(value,)!r:.60} for this one" if isinstance(value, str) else ""
        raise TypeError(f"{name} must be a tuple of texts, got {value!r:.60}{hint}")
    if not value:
        raise ValueError(f"{name} must hold at least one text, got none")
    return tuple(checked_text(text, f"{name}[{i}]") for i, text in enumerate(value))


def text_of(label: Any) -> str:
    """What is written for a label: itself, or its number, in one line."""
    label = label.item() if isinstance(label, np.generic) else label
    return "".join(" " if _is_control(each) else each for each in str(label)[:LONGEST])


def _is_control(character: str) -> bool:
    """Whether it is no character that has its place in a line: a tab, the end of a line, half of a pair."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def random_text(rng: Draws, characters: str, length: tuple[int, int]) -> str:
    """Some of the characters."""
    return "".join(rng.pick(characters) for _ in range(rng.integer(*length)))


def edited(text: str, edit: str, inserted: tuple[str, ...], rng: Draws) -> str:
    """A text of which half of the words, at least one, are inserted, swapped with another or deleted.

    One word always stays."""
    if edit == "keep":
        return text
    words = text.split()
    count, n = max(len(words) // 2, 1), len(words)
    if edit == "insertion":
        for _ in range(count):
            words.insert(rng.integer(0, len(words)), rng.pick(inserted))
    elif edit == "deletion":
        for _ in range(min(count, n - 1)):
            del words[rng.integer(0, len(words) - 1)]
    elif n > 1:
        for _ in range(count):
            i, j = rng.integer(0, n - 1), rng.integer(0, n - 2)
            j += j >= i
            words[i], words[j] = words[j], words[i]
    return " ".join(words)[:LONGEST]

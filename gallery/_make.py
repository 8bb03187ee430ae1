"""Making the pages, one after the other or in processes of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

import cv2
from tqdm import tqdm

import imgproc
from imgproc._core.processes import run_in_processes

from ._page import build
from ._photos import Photo
from ._site import SharedSite, Site, SiteError


class Made(NamedTuple):
    """What came of a page."""

    name: str
    there: bool
    failures: list[str]
    refusals: list[str]


def make(
    site: Site, names: Sequence[str], photos: Sequence[Photo], max_side: int, jobs: int
) -> tuple[int, list[str], list[str]]:
    """Build the pages, in processes of their own where there are several; a page that fails is reported and the others
    go on.

    The number of pages that were made, what failed, and what our functions refused to do with a photo.
    """
    found: dict[str, Made] = {}
    with site, tqdm(total=len(names), unit="page", dynamic_ncols=True) as bar:
        if jobs == 1 or len(names) == 1:
            for name in names:
                bar.set_description(name)
                found[name] = _build(site, name, photos, max_side, bar.set_postfix_str)
                bar.update()
        else:
            with contextlib.closing(_together(site, names, photos, max_side, jobs)) as pages:
                for page in pages:
                    found[page.name] = page
                    bar.set_description(page.name)
                    bar.update()
    failures = [f"page {name}: {what}" for name in names for what in found[name].failures]
    refusals = [f"page {name}: {what}" for name in names for what in found[name].refusals]
    return sum(page.there for page in found.values()), failures, refusals


def _build(site: Site, name: str, photos: Sequence[Photo], max_side: int, step: Callable[[str], Any]) -> Made:
    try:
        return Made(name, True, *build(site, name, photos, max_side=max_side, step=step))
    except SiteError:
        raise
    except Exception as error:
        return Made(name, False, [f"{type(error).__name__}: {error}"], [])


def _together(
    site: Site, names: Sequence[str], photos: Sequence[Photo], max_side: int, jobs: int
) -> Generator[Made, None, None]:
    """Each page as soon as it is ready."""
    site.share()
    arguments = (site.out, list(photos), max_side)
    with contextlib.closing(run_in_processes(_build_elsewhere, names, jobs, _start_elsewhere, arguments)) as results:
        for name, future in results:
            try:
                entries, page = future.result()
            except BrokenProcessPool:
                yield Made(name, False, ["a process ended before the page was ready"], [])
                continue
            site.list_pages(entries)
            yield page


_elsewhere: dict[str, Any] = {}


def _start_elsewhere(out: Path, photos: list[Photo], max_side: int) -> None:
    """Say once to a process what its pages have in common.

    All libraries run on one thread there, so that times can be compared."""
    cv2.setNumThreads(1)
    imgproc.set_num_threads(1)
    _elsewhere.update(out=out, photos=photos, max_side=max_side)


def _build_elsewhere(name: str) -> tuple[dict[str, dict[str, Any]], Made]:
    site = SharedSite(_elsewhere["out"])
    page = _build(site, name, _elsewhere["photos"], _elsewhere["max_side"], lambda said: None)
    return site.entries, page

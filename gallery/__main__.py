"""``python -m gallery [NAME ...] [--image FILE ...] [--out DIR] [--jobs N]`` makes the pages; ``speed`` measures."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ._photos import Photo
    from ._site import Site

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0: pages were made.  1: nothing was made, or a page failed.  2: wrong arguments or an unusable output folder.
    130: interrupted.
    """
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        print("\npython -m gallery: interrupted; finished pages are kept", file=sys.stderr)
        return INTERRUPTED


def _dispatch(argv: list[str]) -> int:
    # Imported here, since this takes long enough to be interrupted.
    from imgproc._core.opencv import load_cv2

    from ._site import SiteError

    try:
        load_cv2()  # the pages import it plainly: what is missing is said here
        if argv[:1] == ["speed"]:
            from .speed import main as speed

            return speed(argv[1:])
        return _gallery(argv)
    except (SiteError, ImportError) as error:
        print(f"python -m gallery: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from imgproc._core.threads import available_cpus

    parser = argparse.ArgumentParser(
        prog="python -m gallery",
        description="Render comparisons from photos as an HTML site that opens from the file system.",
        epilog="`python -m gallery speed --help`: measure ours against the peers and add a page of it.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="pages to make (default: all; see --list)")
    parser.add_argument(
        "--image", metavar="FILE", type=Path, nargs="+", action="extend", default=[], help="show these photos instead"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("gallery_out"), help="default: %(default)s")
    parser.add_argument(
        "--max-side", metavar="PIXELS", type=int, default=1024, help="shrink larger photos to it (default: %(default)s)"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=available_cpus(),
        help="processes that make pages (default: %(default)s)",
    )
    parser.add_argument("--list", action="store_true", help="print the names of the pages and leave")
    return parser


def _gallery(argv: Sequence[str]) -> int:
    from . import _page
    from ._site import Site

    parser = _parser()
    args = parser.parse_args(argv)
    known = _page.names()
    if args.list:
        width = max(map(len, known))
        print("\n".join([f"{name:{width}}  {_page.title(name)}" for name in known]))
        print(f"{'speed':{width}}  Ours against the peers (python -m gallery speed)")
        return 0
    unknown = [name for name in args.names if name not in known]
    if unknown:
        also = "; speed stands alone: python -m gallery speed" if "speed" in unknown else ""
        parser.error(f"unknown page {', '.join(unknown)}; known are {', '.join(known)}{also}")
    if args.max_side < 16:
        parser.error(f"--max-side must be at least 16, got {args.max_side}")

    if args.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {args.jobs}")

    start = time.perf_counter()
    site = Site(args.out)
    photos = _read(args.image, args.max_side, known)
    if args.image and not photos:
        print("python -m gallery: none of the files could be read, nothing was made", file=sys.stderr)
        return 1
    made, failures = _make(site, list(dict.fromkeys(args.names)) or known, photos, args.max_side, args.jobs)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if not made:
        print("python -m gallery: nothing was made", file=sys.stderr)
        return 1
    print(f"{made} pages in {time.perf_counter() - start:.1f} s: {site.index.resolve()}")
    return 1 if failures else 0


def _read(files: Sequence[Path], max_side: int, known: Sequence[str]) -> list[Photo]:
    """The files that can be read; the others are reported."""
    from ._photos import PhotoError, from_file

    photos = []
    for file in files:
        try:
            photos.append(from_file(file, max_side=max_side))
        except PhotoError as error:
            hint = " (names of pages stand before --image)" if str(file) in known else ""
            print(f"could not read {error}{hint}", file=sys.stderr)
    return photos


class Made(NamedTuple):
    """What came of a page."""

    name: str
    there: bool
    failures: list[str]


def _make(site: Site, names: Sequence[str], photos: Sequence[Photo], max_side: int, jobs: int) -> tuple[int, list[str]]:
    """Build the pages, in processes of their own where there are several; a page that fails is reported and the others
    go on."""
    from tqdm import tqdm

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
    return sum(page.there for page in found.values()), failures


def _build(site: Site, name: str, photos: Sequence[Photo], max_side: int, step: Callable[[str], Any]) -> Made:
    from ._page import build
    from ._site import SiteError

    try:
        return Made(name, True, build(site, name, photos, max_side=max_side, step=step))
    except SiteError:
        raise
    except Exception as error:
        return Made(name, False, [f"{type(error).__name__}: {error}"])


def _together(
    site: Site, names: Sequence[str], photos: Sequence[Photo], max_side: int, jobs: int
) -> Generator[Made, None, None]:
    """Each page as soon as it is ready."""
    from concurrent.futures.process import BrokenProcessPool

    from imgproc._core.processes import run_in_processes

    site.share()
    arguments = (site.out, list(photos), max_side)
    with contextlib.closing(run_in_processes(_build_elsewhere, names, jobs, _start_elsewhere, arguments)) as results:
        for name, future in results:
            try:
                entries, page = future.result()
            except BrokenProcessPool:
                yield Made(name, False, ["a process ended before the page was ready"])
                continue
            site.list_pages(entries)
            yield page


_elsewhere: dict[str, Any] = {}


def _start_elsewhere(out: Path, photos: list[Photo], max_side: int) -> None:
    """Say once to a process what its pages have in common.

    All libraries run on one thread there, so that times can be compared."""
    import cv2

    import imgproc

    cv2.setNumThreads(1)
    imgproc.set_num_threads(1)
    _elsewhere.update(out=out, photos=photos, max_side=max_side)


def _build_elsewhere(name: str) -> tuple[dict[str, dict[str, Any]], Made]:
    from ._site import SharedSite

    site = SharedSite(_elsewhere["out"])
    page = _build(site, name, _elsewhere["photos"], _elsewhere["max_side"], lambda said: None)
    return site.entries, page


if __name__ == "__main__":
    sys.exit(main())

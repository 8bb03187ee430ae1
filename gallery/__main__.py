"""``python -m gallery [NAME ...] [--image FILE ...] [--out DIR] [--jobs N]`` makes the pages; ``speed`` measures."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._photos import Photo

INTERRUPTED = 130
PACKAGES = ("jinja2", "PIL", "scipy", "skimage", "sklearn", "tqdm")
"""What the pages need beside NumPy, Numba and OpenCV."""


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
    try:
        _check_packages()
        from ._site import SiteError
    except ImportError as error:
        print(f"python -m gallery: {error}", file=sys.stderr)
        return 2
    try:
        if argv[:1] == ["speed"]:
            from .speed import main as speed

            return speed(argv[1:])
        return _gallery(argv)
    except (SiteError, ImportError) as error:
        print(f"python -m gallery: {error}", file=sys.stderr)
        return 2


def _check_packages() -> None:
    """Say in one line what is not installed: the pages import everything plainly."""
    from imgproc._core.needed import DISTRIBUTIONS
    from imgproc._core.opencv import load_cv2

    load_cv2()
    missing = [DISTRIBUTIONS.get(name, name) for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise ImportError(f"{', '.join(missing)} {verb} not installed: pip install {' '.join(missing)}")


def _parser() -> argparse.ArgumentParser:
    from imgproc._core.threads import available_cpus

    parser = argparse.ArgumentParser(
        prog="python -m gallery",
        description="Render comparisons from photos as an HTML site that opens from the file system.",
        epilog="`python -m gallery speed --help`: measure ours against the peers and add a page of it.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="pages to make (default: all; see --list)")
    parser.add_argument(
        "--image",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="show these photos instead; a folder means its images, - standard input",
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
    from ._make import make
    from ._site import Site

    parser = _parser()
    args = parser.parse_intermixed_args(argv)  # names of pages may stand anywhere
    known = _page.names()
    if args.list:
        width = max(map(len, known))
        print("\n".join([f"{name:{width}}  {_page.title(name)}" for name in known]))
        print(f"{'speed':{width}}  Ours against the peers (python -m gallery speed)")
        return 0
    # After --image, too: what names a page and no file.
    pages = [name for name in args.image if name in known and not Path(name).exists()]
    names = [*args.names, *pages]
    files = [name for name in args.image if name not in pages]
    if args.image and not files:
        parser.error(f"--image must be followed by files or folders, got {', '.join(args.image)}, which are pages")
    unknown = [name for name in names if name not in known]
    there = [name for name in unknown if Path(name).exists()]
    if there:
        parser.error(f"{', '.join(there)} is no page: write --image {' '.join(there)} to show it")
    if unknown:
        also = "; speed stands alone: python -m gallery speed" if "speed" in unknown else ""
        parser.error(f"unknown page {', '.join(unknown)}; known are {', '.join(known)}{also}")
    if args.max_side < 16:
        parser.error(f"--max-side must be at least 16, got {args.max_side}")

    if args.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {args.jobs}")

    start = time.perf_counter()
    site = Site(args.out)
    photos = _read(files, args.max_side)
    if files and not photos:
        print("python -m gallery: none of the files could be read, nothing was made", file=sys.stderr)
        return 1
    made, failures, refusals = make(site, list(dict.fromkeys(names)) or known, photos, args.max_side, args.jobs)
    for refusal in refusals:
        print(f"not shown: {refusal}", file=sys.stderr)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if not made:
        print("python -m gallery: nothing was made", file=sys.stderr)
        return 1
    print(f"{made} pages in {time.perf_counter() - start:.1f} s: {site.index.resolve()}")
    return 1 if failures else 0


def _read(names: Sequence[str], max_side: int) -> list[Photo]:
    """The files that can be read, and the images of folders; the others are reported."""
    from ._photos import PhotoError, files_of, from_file

    photos = []
    for name in names:
        try:
            for file in files_of(name):
                try:
                    photos.append(from_file(file, max_side=max_side))
                except PhotoError as error:
                    print(f"could not read {error}", file=sys.stderr)
        except PhotoError as error:
            print(f"could not read {error}", file=sys.stderr)
    return photos


if __name__ == "__main__":
    sys.exit(main())

"""Of the gallery: its folder, its pages in the making, and its photos."""

from gallery import _compare as comparisons
from gallery._functions import show as show_functions
from gallery._page import Page
from gallery._page import names as page_names
from gallery._photos import Photo, from_file
from gallery._site import MANIFEST, Site, SiteError

__all__ = [
    "MANIFEST",
    "Page",
    "Photo",
    "Site",
    "SiteError",
    "comparisons",
    "from_file",
    "page_names",
    "show_functions",
]

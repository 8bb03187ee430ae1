"""HTML comparisons of pictures and of speed: ``python -m gallery``.

A page is one file in `gallery.pages`.  Its docstring is the page's text: the first line the title, the next paragraph
the summary (shown on the index), the rest the introduction.  It may define

``GROUP``
    The heading of the index under which it stands.
``PHOTOS``
    Names of the photos it shows (see `gallery._photos`); the user's files replace them.
``each(page, photo)``
    Called for every photo; puts comparisons, figures and plots on the `gallery._page.Page`.
``once(page)``
    Called once, after the photos: what does not depend on them.

A function that declares the page (see `imgproc._core.declare`) gets a section of its own at the end, on the same
photos.  So a new function comes to its page by what stands beside it.
"""

"""Archives of compiled kernels, and what they were made for (``manifest.json``).  `imgproc` reads them."""

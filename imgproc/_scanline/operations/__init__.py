"""Pixel operations, one file each; `imgproc._scanline.pixel` has their constructors."""

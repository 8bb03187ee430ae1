"""HTML comparisons of pictures and of speed."""

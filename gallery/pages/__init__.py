"""The pages, one file each, found by themselves."""

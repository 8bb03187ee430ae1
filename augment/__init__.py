"""Augmentation chains."""

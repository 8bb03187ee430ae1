"""What a sample carries beside its image."""

"""What happens inside a chain: transforms, keys, the tree, targets, compiled chains."""

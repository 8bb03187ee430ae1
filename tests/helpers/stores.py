"""Where runs write, for tests."""

from augment.offline._remote_store import RemoteStore

__all__ = ["RemoteStore"]

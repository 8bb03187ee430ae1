"""Where runs write, and how a cluster's tasks count their tries, for tests."""

from augment.offline._journal import journal_name, line_of
from augment.offline._ray import MOST_TRIES, absolute, count_try
from augment.offline._remote_store import RemoteStore
from augment.offline._store import LocalStore

__all__ = [
    *("MOST_TRIES", "LocalStore", "RemoteStore", "absolute", "count_try", "journal_name", "line_of"),
]

"""What Numba compiles: for scripts, and for programs that tests run in processes of their own."""

from __future__ import annotations

import inspect


def count() -> list[str]:
    """A list that gets the name and the arguments of each function that Numba compiles from now on.

    What comes from a cache is not compiled."""
    from numba.core import event

    compiled: list[str] = []

    class Listener(event.Listener):
        def on_start(self, event: event.Event) -> None:
            compiled.append(f"{event.data['dispatcher'].py_func.__qualname__} {event.data['args']}")

        def on_end(self, event: event.Event) -> None:
            pass

    event.register("numba:compile", Listener())
    return compiled


COUNTING = f"from __future__ import annotations\n{inspect.getsource(count)}\ncompiled = count()\n"
"""The beginning of a program: after it, `compiled` is such a list."""

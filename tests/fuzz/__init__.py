"""The fuzzer: calls of all public names with arguments that nobody would write, and a judge of what comes back.

``python -m tests.fuzz --minutes 60`` runs it; ``tests/fuzz/test_fuzz.py`` runs a short, seeded part in the suite.

* `values`: arguments as texts of Python, from a picture in a strange layout to a number beyond all floats.
* `calls`: which calls there are, and how one is drawn from its number.
* `judge`: what a call may do, and a sentence for what it may not.
* `worker`: runs calls in a process of its own, which may crash or hang.
* `__main__`: starts workers, replaces those that die, makes findings small, and writes the report.
"""

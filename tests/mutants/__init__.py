"""Mutants: small changes of behaviour that the tests should notice.

``python -m tests.mutants --count 60 --seed 1`` draws changes of the code at random, makes one at a time in a copy of
the project, and runs the tests that are near, then the laws.  What no test notices is printed: a survivor.  It is a
missing test, or a change that changes nothing, which somebody has to look at.

mutmut calls each function through a switch, which a compiled kernel does not take; so this has its own.

* `change`: where a source can be changed, and how.
* `near`: which tests are near a source.
* `__main__`: the command.
"""

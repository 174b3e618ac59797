"""Run one program on ctgrad and on the oracle and compare all that can be seen of it: output, warnings, exception."""

import contextlib
import difflib
import io
import re
import warnings

import ctgrad
import torch


def outcome(program, library):
    """What ``program(library)`` prints, warns of and raises, as text, with the library's name taken out."""
    out = io.StringIO()
    library.manual_seed(0)
    with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            program(library)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    lines = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
    return re.sub(r"\bctgrad\b", "torch", out.getvalue() + "\n".join(lines))


def agree(program):
    """Both libraries show the same; the differing lines otherwise."""
    ours, theirs = outcome(program, ctgrad).split("\n"), outcome(program, torch).split("\n")
    assert ours == theirs, "\n" + "\n".join(difflib.unified_diff(theirs, ours, "torch", "ctgrad", lineterm="", n=1))


def attempt(action):
    """Print the result of ``action()``, or its exception."""
    try:
        print(action())
    except Exception as error:
        print(f"{type(error).__name__}: {error}")

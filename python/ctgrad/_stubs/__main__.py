"""`python -m ctgrad._stubs` writes the stubs beside the modules that they tell of; with --check it only names stale ones."""

import sys
from pathlib import Path

import ctgrad
from ctgrad._stubs import FILES

stale = []
for name, text in FILES.items():
    path = Path(ctgrad.__file__).with_name(name)
    if not path.exists() or path.read_text() != text():
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text())
if stale and "--check" in sys.argv:
    sys.exit(f"{', '.join(stale)}: not what the ops say now; run `python -m ctgrad._stubs` and commit the result")

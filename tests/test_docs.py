"""The pages of docs/ are true: a block of Python that a block of text follows prints that text."""

import contextlib
import io
import pathlib
import re

import pytest

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
EXAMPLE = re.compile(r"```python\n(.*?)```\n+```text\n(.*?)```", re.S)
PAGES = [path for path in sorted(DOCS.glob("*.md")) if EXAMPLE.search(path.read_text())]


@pytest.mark.usefixtures("mechanisms_on")
@pytest.mark.parametrize("page", PAGES, ids=[path.stem for path in PAGES])
def test_examples_print_what_is_shown(page):
    names: dict = {}
    for code, shown in EXAMPLE.findall(page.read_text()):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(page), "exec"), names)
        assert printed.getvalue() == shown

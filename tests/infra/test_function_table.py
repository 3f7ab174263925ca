"""The table of what wakes each function and what it may do says what the template says."""

from __future__ import annotations

import os

from function_table import BEGIN, END, ROOT, with_table

README = ROOT / "infra/README.md"


def test_the_readme_says_what_wakes_each_function_and_what_it_may_do() -> None:
    text = README.read_text()
    assert BEGIN in text and END in text
    if os.environ.get("UPDATE_README") == "1":
        README.write_text(with_table(text))
    assert README.read_text() == with_table(text), "run it with UPDATE_README=1"

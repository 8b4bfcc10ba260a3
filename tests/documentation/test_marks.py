from __future__ import annotations

import pytest

from lab.documentation.marks import renewed
from strategies.errors import UsageError

PAGE = """# A page
<!-- figures: one RUN -->
old
lines
<!-- end of figures -->
between <!-- figure: RUN slots p99 -->1 ms<!-- end --> and
<!-- figure: RUN "slots entries=5k"
p99 -->2 ms<!-- end -->.
"""


def shout(asked: str) -> str:
    return asked.upper()


def test_only_what_stands_between_marks_is_renewed() -> None:
    assert (
        renewed(PAGE, shout, len_of)
        == """# A page
<!-- figures: one RUN -->
ONE RUN
<!-- end of figures -->
between <!-- figure: RUN slots p99 -->13<!-- end --> and
<!-- figure: RUN "slots entries=5k"
p99 -->26<!-- end -->.
"""
    )


def len_of(asked: str) -> str:
    return str(len(asked))


def test_renewing_twice_changes_nothing_more() -> None:
    once = renewed(PAGE, shout, len_of)
    assert renewed(once, shout, len_of) == once


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("a\n<!-- figures: x -->\nnever ended\n", 2),
        ("<!-- figure: x y z -->1 ms, never ended\n\n<!-- figure: a -->2<!-- end -->\n", 1),
        ("a\n\n1 ms<!-- end -->\n", 3),
        ("<!--figures: x -->\nno space\n<!-- end of figures -->\n", 1),
        ("<!-- figures: x -->\n<!-- figures: y -->\n<!-- end of figures -->\n", 2),
        ("a <!-- figure: x y z --><b>1</b><!-- end -->", 1),
    ],
)
def test_a_mark_without_its_partner_is_named_with_its_line(page: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"^line {line}: a mark that cannot be read"):
        renewed(page, shout, shout)


def test_what_is_wrong_with_a_mark_is_said_with_the_mark() -> None:
    def refuse(asked: str) -> str:
        raise UsageError("no run there")

    with pytest.raises(UsageError, match=r"^mark 'RUN slots p99': no run there$"):
        renewed(PAGE, shout, refuse)


def test_a_page_without_marks_stays_as_it_is() -> None:
    page = "plain <!-- a comment --> text, `end`\n"
    assert renewed(page, shout, shout) == page

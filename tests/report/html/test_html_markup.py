"""Values become HTML, and text never does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.report.html.markup import Markup, el, embedded_json, facts, fold, join, lines, table
from tests.report.html.parsed import parse

NASTY = "</script><script>x</script> & \" ' <b>"


def test_text_is_escaped_and_markup_is_not() -> None:
    assert el("p", NASTY, Markup("<i>ok</i>")) == (
        "<p>&lt;/script&gt;&lt;script&gt;x&lt;/script&gt; &amp; &quot; &#x27; &lt;b&gt;"
        "<i>ok</i></p>"
    )


def test_attributes_are_named_as_html_names_them() -> None:
    assert el("a", class_="x", aria_label='"y"', hidden=True, id=None, download=False) == (
        '<a class="x" aria-label="&quot;y&quot;" hidden></a>'
    )


def test_an_element_without_content_is_not_closed() -> None:
    assert join(["a", el("br"), None, ["b", [el("meta", charset="utf-8")]]]) == (
        'a<br>b<meta charset="utf-8">'
    )


def test_lines_are_broken_between_and_escaped_within() -> None:
    assert lines("a<\nb") == "a&lt;<br>b"


def test_a_table_has_a_caption_and_headings_for_columns_and_rows() -> None:
    root = parse(table("What", ("name", "figure"), [("a", "1"), ("b", "2")]))

    assert root.one("caption").text == "What"
    assert [each.text for each in root.all("th", scope="col")] == ["name", "figure"]
    assert [each.text for each in root.all("th", scope="row")] == ["a", "b"]
    assert [each.text for each in root.all("td", class_="n")] == ["1", "2"]
    assert root.one("div", role="region", tabindex="0", aria_label="What")


def test_what_folds_has_its_summary_first() -> None:
    details = parse(fold("More", "text", open=True)).one("details")

    assert details.text == "Moretext"
    assert "open" in details.attributes
    assert facts([("a<", "b&")]) == "<dl><div><dt>a&lt;</dt><dd>b&amp;</dd></div></dl>"


@given(some.recursive(some.none() | some.text() | some.integers(), some.lists, max_leaves=5))
def test_embedded_json_is_the_same_value_and_cannot_end_its_element(value: object) -> None:
    written = embedded_json(value)

    assert json.loads(written) == value
    assert not set("<>&\u2028\u2029") & set(written)


def test_embedded_json_opens_and_closes_nothing() -> None:
    assert embedded_json("</script><!-- & \u2028") == (
        '"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028"'
    )


def test_what_is_no_number_is_not_written_as_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded_json(float("nan"))

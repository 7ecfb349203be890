# ruff: noqa: E501 - tables of texts
"""Our scanner reads what `configparser` reads, with the settings that the profile's dialect is defined by."""

import configparser

from hypothesis import example, given
from hypothesis import strategies as st

from vaurien_core.profiles.lines import scan, split_lines

NEVER = "\0"
FRAGMENTS = [
    "[a]", "[b] ; c", " [a]", "[a]]", "[]", "k = v", "k=v ; tail", "k : v", "  k = v", "\tk = v", "    more", "  more ; c",
    "# c", "; c", "  # c", "  ; k = v", "k =", "k", "= v", "K = w", "k2=a;b", "k3 = ; x", "", "   ", "k4 = v\r", "\r", "  ;", "é = ü",
]  # fmt: skip
LINES = st.one_of(st.sampled_from(FRAGMENTS), st.text(alphabet=" \t[]=:;#abk\r", max_size=8))


def oracle(text: str) -> dict[str, dict[str, str]] | None:
    """What configparser reads; None where it refuses."""
    parser = configparser.ConfigParser(
        interpolation=None, inline_comment_prefixes=(";",), strict=True, default_section=NEVER
    )
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {name: dict(parser[name]) for name in parser.sections()}


@given(st.lists(LINES, max_size=12).map("\n".join))
@example("[a]\nk = v\n\n  more\n# c\n  more\n\n[b]\n")
@example("[a]\n  k = v\n  ; k = v\n  ; k = v\n")
def test_the_scanner_reads_what_configparser_reads(text: str) -> None:
    ini = scan(text)
    wanted = oracle(text)
    assert "".join(ini.lines) == text
    if wanted is None or ini.faults:
        names = [s.name for s in ini.sections.values()]
        assert wanted is None or len(set(names)) < text.count("["), "only we refuse sections that differ in space alone"
        assert ini.faults
        return
    found = {s.name: {key: item.text for key, item in s.items.items()} for s in ini.sections.values()}
    assert found == {name.strip(): values for name, values in wanted.items()}


@given(st.text())
def test_split_lines_loses_nothing(text: str) -> None:
    assert "".join(split_lines(text)) == text


def test_every_fault_of_a_file_is_found_at_once() -> None:
    ini = scan("lost\n[a]\nk = 1\nk = 2\njunk\n[a]\n= x\n")
    assert [fault.line for fault in ini.faults] == [1, 4, 5, 6, 7]

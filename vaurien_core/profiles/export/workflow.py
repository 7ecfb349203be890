"""A GitHub Actions workflow that runs tests against the profile's faults."""

from __future__ import annotations

from vaurien_core.profiles.export.command import REPORT, with_command
from vaurien_core.profiles.export.source import Source, quoted


def workflow(source: Source) -> str:
    """The file, for `.github/workflows/`; `source.name` lies at the top of the repository."""
    secrets = [f"      {name}: ${{{{ secrets.{name} }}}}" for name in source.variables]
    lines = [
        f"# The tests against the faults of {source.name}. Put this into .github/workflows/, the profile at the top.",
        "name: Faults",
        "on: [push, pull_request]",
        "permissions:",
        "  contents: read",
        "jobs:",
        "  faults:",
        "    runs-on: ubuntu-latest",
        "    timeout-minutes: 15",
        *(["    env:", *secrets] if secrets else []),
        "    steps:",
        "      - uses: actions/checkout@v4",
        "      - uses: actions/setup-python@v5",
        "        with:",
        '          python-version: "3.12"',
        "      # Vaurien's checkout within yours, or its wheel (vendor/vaurien-*.whl).",
        "      - run: python -m pip install ./vendor/vaurien pytest",
        "      # Start the backend of your tests here.",
        f"      - run: {_scalar(with_command(source.name))}",
        "      - uses: actions/upload-artifact@v4",
        "        if: always()",
        "        with:",
        "          name: vaurien",
        f"          path: {REPORT}",
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """A command line as YAML: plain where that can't be misread."""
    plain = not any(c in text for c in "'\"#{}[]&*!|>%@`\\") and ": " not in text
    return text if plain else quoted(text)

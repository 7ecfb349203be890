"""Faults that answer in the backend's place: error, transient."""

from __future__ import annotations

import re
import time

from vaurien_core.behaviors.failing import GARBAGE, ErrorOptions
from vaurien_core.behaviors.transient import TransientOptions
from vaurien_core.verify.judging import expect, ms
from vaurien_core.verify.phrases import PHRASES, Phrases, converse, serving
from vaurien_core.verify.stand import Stand, Way
from vaurien_core.verify.values import Measured, NotHereError, Problem

MOST = 20
"""Conversations that are held at most."""
DRIP = "-drip"
"""Ends the names of errors that send the right bytes slowly."""
DRIPPING_S = 0.1
_SHOWN = 60
_READABLE = re.compile(rb"[ -~]+")


def error(stand: Stand) -> Measured:
    """The first answer that is not the usual one, and whether the backend saw its request."""
    options = stand.options
    assert isinstance(options, ErrorOptions)
    phrases, usual = _usual(stand)
    number = 0
    while number <= min(MOST, options.warmup):
        answers, heard = _talk(stand.faulted, phrases, usual)
        wrong = _differing(answers, usual)
        if wrong is not None:
            break
        number += 1
    control = _shown(usual[-1])
    claimed = f"{options.error} on {stand.subject.protocol}, {options.phase} the backend"
    if wrong is None and options.error.endswith(DRIP):
        return _dripped(stand, phrases, usual, claimed)
    if wrong is None:
        _why_not(stand)
        return Measured(claimed, "the usual answers", control, (Problem("no answer was an error"),))
    problems: list[Problem] = []
    if number < options.warmup:
        problems.append(Problem(f"conversation {number + 1} of the warm-up failed"))
    got = answers[wrong]
    if stand.subject.protocol == "tcp" and not options.inject:
        drawn = stand.draws(number + 1).content(GARBAGE, "error")
        problems += [] if got == drawn else [Problem("the 1,000 bytes are not those that the seed says")]
    request = phrases.requests[wrong - 1] if wrong else b""
    seen = bool(request) and request in heard
    if not seen and not got and options.phase == "after" and wrong > 1:  # it cuts behind the real answer
        seen = phrases.requests[wrong - 2] in heard
    if request and not options.inject:
        problems += expect("the backend saw the request", seen, options.phase == "after")
    text = f"{_shown(got)}; backend {'saw' if seen else 'did not see'} the request"
    return Measured(claimed, text, control, tuple(problems))


def _dripped(stand: Stand, phrases: Phrases, usual: list[bytes], claimed: str) -> Measured:
    """The usual bytes, which take their time."""
    took = []
    for way in stand.ways():
        began = time.monotonic()
        _talk(way, phrases, usual)
        took.append(time.monotonic() - began)
    slower = took[1] - took[0]
    problems = [] if slower > DRIPPING_S else [Problem(f"a conversation takes only {ms(max(0.0, slower))} longer")]
    return Measured(claimed, f"the usual bytes in {ms(took[1])}", ms(took[0]), tuple(problems))


def transient(stand: Stand) -> Measured:
    """How many conversations fail before all is well: as many as it says, then none."""
    options = stand.options
    assert isinstance(options, TransientOptions)
    if options.agitate + options.warmup > MOST:
        raise NotHereError(f"{options.agitate} failures are more than {MOST}")
    phrases, usual = _usual(stand)
    failed = [
        _differing(_talk(stand.faulted, phrases, usual)[0], usual) is not None
        for _ in range(options.warmup + options.agitate + 2)
    ]
    if options.agitate and not any(failed):
        _why_not(stand)
    count = sum(failed)
    problems = expect("failures", count, options.agitate)
    begins = failed.index(True) if count else 0
    if count and (failed[begins : begins + count] != [True] * count or begins > options.warmup):
        problems.append(Problem("they did not come one behind the other"))
    text = ", ".join("failed" if each else "ok" for each in failed)
    return Measured(f"{options.agitate} fail, then all pass", text, "all pass", tuple(problems))


def _usual(stand: Stand) -> tuple[Phrases, list[bytes]]:
    phrases = PHRASES.get(stand.subject.protocol)
    if phrases is None:
        raise NotHereError(f"nothing here speaks {stand.subject.protocol}")
    usual, _ = _talk(stand.control, phrases, None)
    return phrases, usual


def _talk(way: Way, phrases: Phrases, known: list[bytes] | None) -> tuple[list[bytes], bytes]:
    """The answers of a conversation, and what the backend heard."""
    way.serve(serving(phrases))
    with way.connect() as client:
        answers = converse(client, phrases, known)
    heard = way.backend.heard
    return answers, bytes(heard[-1].data) if heard else b""


def _differing(answers: list[bytes], usual: list[bytes]) -> int | None:
    for number, (got, wanted) in enumerate(zip(answers, usual, strict=False)):
        if got != wanted:
            return number
    return None if len(answers) == len(usual) else len(answers) - 1


def _why_not(stand: Stand) -> None:
    """Raise what the journal says of why it could not act."""
    for entry in stand.journal():
        if entry.outcome.startswith("not applicable"):
            raise NotHereError(f"the requests that are made here are none for it ({entry.outcome})")


def _shown(answer: bytes) -> str:
    """The first line, or the longest readable part of what has none."""
    line = answer.partition(b"\r\n")[0]
    readable: list[bytes] = _READABLE.findall(line)
    text = max(readable, key=len, default=b"").decode("ascii")
    if len(text) < len(line) // 2:
        return f"{len(answer)} B"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

"""How often faults act: weights of a mix, toxicity of a toxic; exactly on what the seed says."""

from __future__ import annotations

from collections import Counter

from vaurien_core.behaviors.failing import GARBAGE
from vaurien_core.proxy import draw
from vaurien_core.verify.backend import answering, pattern
from vaurien_core.verify.draws import FAULTED, SEED
from vaurien_core.verify.judging import expect
from vaurien_core.verify.stand import Stand, Way
from vaurien_core.verify.values import Measured, Problem

EXCHANGES, CONNECTIONS = 200, 40
SIZE = 32


def mix(stand: Stand) -> Measured:
    """Which rule each exchange meets: all are errors of tcp here, told apart by their counts."""
    rules = stand.subject.rules
    ends = draw.bounds(rule.weight for rule in rules)
    planned = []
    for number in range(EXCHANGES):
        index = draw.choose(draw.number(SEED, FAULTED, draw.ordinal_place(1, number + 1), draw.MIX), ends)
        name = draw.DUMMY if index is None else rules[index].behavior
        planned.append("" if name == draw.DUMMY else name)
    control, faulted = _failures(stand.control), _failures(stand.faulted)
    problems = expect("failures of the control", sum(control), 0)
    if faulted != [bool(rule) for rule in planned]:
        problems.append(Problem("other exchanges failed than the seed says"))
    hits = {name: count for name, count in stand.sample().hits if count}
    wanted = dict(Counter(filter(None, planned)))
    problems += expect("hits", hits, wanted)
    weights = ", ".join(f"{rule.weight}:{rule.behavior}" for rule in rules)
    share = sum(faulted) / EXCHANGES
    return Measured(
        f"{weights}, as the seed says",
        f"{sum(faulted)} of {EXCHANGES} exchanges: {share:.1%}",
        f"{sum(control)} of {EXCHANGES}",
        tuple(problems),
        {"share": share},
    )


def _failures(way: Way) -> list[bool]:
    """Which of the exchanges of one connection were not answered by the backend."""
    way.serve(answering(SIZE, SIZE))
    found = []
    with way.connect() as client:
        for _ in range(EXCHANGES):
            answer = client.ask(pattern(SIZE), SIZE)[1]
            found.append(answer != pattern(SIZE))
            if found[-1]:
                client.read(GARBAGE - SIZE)
            if client.ended:
                break
    return found


def toxicity(stand: Stand) -> Measured:
    """On which connections a toxic acts that alters every byte of an answer."""
    share = stand.subject.toxicity
    purpose = draw.toxic_purpose(stand.subject.rule)
    planned = [
        draw.fraction(SEED, FAULTED, draw.stream_place(number + 1, upstream=False), purpose) < share
        for number in range(CONNECTIONS)
    ]
    control, faulted = _altered(stand.control), _altered(stand.faulted)
    problems = expect("altered connections of the control", sum(control), 0)
    if faulted != planned:
        problems.append(Problem(f"{sum(faulted)} connections met it, the seed says {sum(planned)}, or others"))
    return Measured(
        f"acts on {share:.0%} of connections, as the seed says; the others are byte-identical",
        f"{sum(faulted)} of {CONNECTIONS}",
        f"{sum(control)} of {CONNECTIONS}",
        tuple(problems),
        {"share": sum(faulted) / CONNECTIONS},
    )


def _altered(way: Way) -> list[bool]:
    way.serve(answering(SIZE, SIZE))
    found = []
    for _ in range(CONNECTIONS):
        with way.connect() as client:
            found.append(client.ask(pattern(SIZE), SIZE)[1] != pattern(SIZE))
    return found

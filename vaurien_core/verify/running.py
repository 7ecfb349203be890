"""Measure many subjects: quiet ones side by side, loud ones alone, and once more what only came late.

Called by the command line and by tests, on any thread but the engines'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from vaurien_core.errors import UsageError, VaurienError, did_you_mean
from vaurien_core.proxy import kernel_loss
from vaurien_core.registry import Registry
from vaurien_core.verify.claims import measure_of
from vaurien_core.verify.host import Host
from vaurien_core.verify.stand import Stand
from vaurien_core.verify.values import TOXIC, Finding, NotHereError, Subject, Verdict

SIDE_BY_SIDE = 6
TRIES = 3
"""So often something may come late before that is a failure: the machine may be busy."""
SECONDS = 2.0
Progress = Callable[[Finding, int, int], None]


def chosen(subjects: Iterable[Subject], names: Sequence[str]) -> list[Subject]:
    """Those that are meant; all where no name is given.

    Args:
        subjects: all there are.
        names: of faults, behaviors, toxics or proxies.

    Raises:
        UsageError: a name means none of them.
    """
    every = list(subjects)
    if not names:
        return every
    found: list[Subject] = []
    for name in names:
        meant = [s for s in every if name in (s.name, s.name.partition("@")[0], s.kind, *s.words)]
        if not meant:
            known = sorted({word for s in every for word in (s.kind, *s.words)})
            raise UsageError(f'nothing to verify is called "{name}",{did_you_mean(name, known)}')
        found += [s for s in meant if s not in found]
    return found


def hold_possible(registry: Registry, subject: Subject) -> None:
    """Hold that the kernel takes part where the fault wants it to.

    Raises:
        NotHereError: it doesn't; says why.
    """
    kind = registry.behavior(subject.kind) if subject.mount == TOXIC else None
    if (
        kind is not None
        and kind.wants_kernel_loss(kind.Options.build(subject.options))
        and (why := kernel_loss.why_not())
    ):
        raise NotHereError(why)


def measure(host: Host, registry: Registry, subject: Subject, *, seconds: float = SECONDS, tries: int = 1) -> Finding:
    """One subject on a stand of its own.

    Args:
        host: runs the engine.
        registry: where the fault is registered.
        subject: what is measured.
        seconds: how long rates are measured.
        tries: as often it is measured while nothing is wrong but lateness.
    """
    function = measure_of(subject)
    if function is None:
        origin = next((b.origin for b in registry.catalogue().behaviors if b.name == subject.kind), "")
        if origin:
            return Finding(subject, Verdict.NOT_HERE, why=f"it is a plugin ({origin}): nothing says what it must do")
        return Finding(subject, Verdict.FAIL, why="nothing measures it")
    try:
        hold_possible(registry, subject)
        with Stand(host, registry, subject, seconds=seconds) as stand:
            measured = function(stand)
    except NotHereError as reason:
        return Finding(subject, Verdict.NOT_HERE, why=str(reason))
    except (VaurienError, OSError, TimeoutError, AssertionError, IndexError) as error:
        return Finding(subject, Verdict.FAIL, why=f"it could not be measured: {type(error).__name__}: {error}")
    problems = measured.problems
    late = bool(problems) and all(p.late for p in problems)
    if late and tries > 1:
        return measure(host, registry, subject, seconds=seconds, tries=tries - 1)
    return Finding(
        subject,
        Verdict.FAIL if problems else Verdict.OK,
        measured.claimed,
        measured.client,
        measured.control,
        "; ".join(p.text for p in problems),
        late,
        measured.figures,
    )


def verify(
    registry: Registry, subjects: Sequence[Subject], progress: Progress = lambda *_: None, *, seconds: float = SECONDS
) -> list[Finding]:
    """All of them, in their order.

    Args:
        registry: where the faults are registered.
        subjects: what is measured.
        progress: told each finding, how many there are by now, and how many there will be; on the calling thread.
        seconds: how long rates are measured.
    """
    found: dict[int, Finding] = {}

    def keep(index: int, finding: Finding) -> None:
        found[index] = finding
        progress(finding, len(found), len(subjects))

    again: list[int] = []
    with Host() as host:
        quiet = [n for n, s in enumerate(subjects) if not s.loud]
        with ThreadPoolExecutor(SIDE_BY_SIDE, "verify") as pool:
            waiting = {pool.submit(measure, host, registry, subjects[n], seconds=seconds): n for n in quiet}
            try:
                for future in as_completed(waiting):
                    finding = future.result()
                    if finding.late:
                        again.append(waiting[future])
                    else:
                        keep(waiting[future], finding)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        for index in [*(n for n, s in enumerate(subjects) if s.loud), *again]:
            keep(index, measure(host, registry, subjects[index], seconds=seconds, tries=TRIES))
    return [found[index] for index in range(len(subjects))]

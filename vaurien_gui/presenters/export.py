"""Export for CI: the profile in all its forms, and the verdict of the loader that CI uses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vaurien_core.errors import VaurienError
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.profiles.export import TARGETS, Source, counts
from vaurien_core.registry import Registry
from vaurien_gui.files import check_text, profile_text
from vaurien_gui.models.shown import ExportPage
from vaurien_gui.session import Session


@dataclass(frozen=True, slots=True)
class Export:
    """What the sheet shows."""

    pages: tuple[ExportPage, ...]
    ok: bool
    verdict: str
    detail: str

    def page(self, key: str) -> ExportPage:
        """One form, by its key."""
        return next(page for page in self.pages if page.key == key)


def export(session: Session, registry: Registry) -> Export:
    """The open profile as CI gets it; validated by reading the text as the headless program does.

    The forms are empty where they can't be made.
    """
    document = session.document
    profile = document.profile
    assert profile is not None
    try:
        ini = profile_text(document, registry)
        read = check_text(ini, document.path.parent if document.path else None, registry)
    except VaurienError as error:
        return Export(_pages(None), ok=False, verdict="The profile can't be written", detail=str(error))
    source = Source(profile, ini, document.path.name if document.path else "profile.ini", registry)
    if read.problem:
        pages = _pages(source, only="ini")
        return Export(pages, ok=False, verdict="The headless core refuses this file", detail=read.problem)
    if read.profile != profile:
        pages = _pages(source, only="ini")
        return Export(pages, ok=False, verdict="This file reads back differently", detail="Nothing was exported.")
    return Export(_pages(source), ok=True, verdict="Headless core accepts this file", detail=counts(profile))


def proxy_ini(session: Session, registry: Registry) -> str:
    """The file with the selected proxy alone.

    Raises:
        UsageError: it can't be written.
    """
    profile, spec = session.profile, session.proxy
    assert profile is not None
    assert spec is not None
    return profile_text(session.document, registry, _alone(profile, spec))


def _alone(profile: Profile, spec: ProxySpec) -> Profile:
    """A profile with one of its proxies, and what is said of that one."""
    ours = ("", spec.name)
    scenario = profile.scenario and replace(
        profile.scenario,
        defined=tuple(
            replace(phase, changes=tuple(change for change in phase.changes if change.proxy in ours))
            for phase in profile.scenario.defined
        ),
    )
    expectations = tuple(item for item in profile.expectations if item.proxy in ours)
    return replace(profile, proxies=(spec,), scenario=scenario, expectations=expectations)


def _pages(source: Source | None, only: str = "") -> tuple[ExportPage, ...]:
    return tuple(
        ExportPage(
            target.key,
            target.title,
            target.note,
            target.render(source) if source is not None and only in ("", target.key) else "",
            target.file_name.format(name=source.name, stem=source.stem) if source is not None else "",
            target.beside,
        )
        for target in TARGETS
    )

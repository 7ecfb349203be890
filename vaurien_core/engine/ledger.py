"""The running profile with its revisions: the one way that leads from a wish to an accepted change.

A wish is checked completely before anything happens; what is accepted gets a revision, a journal entry and an
announcement. Owned by the local engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path as FilePath

from vaurien_core.engine.changes import sentence
from vaurien_core.engine.checks import check_profile
from vaurien_core.engine.journal import Journal
from vaurien_core.engine.pasted import Notice, edits_without_urls, without_urls
from vaurien_core.engine.revisions import Revisions, edits_between
from vaurien_core.errors import UsageError, did_you_mean
from vaurien_core.model.change import Edit, Path, edit_all
from vaurien_core.model.events import Changed
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.profiles.url_values import DefaultPorts
from vaurien_core.registry import Registry


class Ledger:
    """See the module.

    Args:
        profile: the first; revision 1.
        registry: which behaviors and protocols there are.
        journal: gets one entry per change.
        announce: told of every change.
        held: whether all-normal holds now, so that a change has no effect yet.
        folder: of the profile, where the files lie that it names.

    Raises:
        UsageError: the profile can't be run.
    """

    def __init__(
        self,
        profile: Profile,
        registry: Registry,
        journal: Journal,
        announce: Callable[[Changed], None],
        held: Callable[[], bool],
        folder: FilePath | None = None,
    ) -> None:
        self._folder = folder
        self._ports = DefaultPorts(registry)
        profile, notices = without_urls(profile, self._ports)
        self.profile = check_profile(profile, registry, folder)
        self._registry, self._journal, self._announce, self._held = registry, journal, announce, held
        self._revisions = Revisions(self.profile)
        self._say(notices)

    @property
    def revision(self) -> int:
        """The newest."""
        return self._revisions.number

    def proxy(self, name: str) -> ProxySpec:
        """A proxy of the running profile.

        Raises:
            UsageError: there is none; names the nearest.
        """
        try:
            return self.profile.proxy(name)
        except KeyError:
            known = (p.name for p in self.profile.proxies)
            raise UsageError(f'unknown proxy "{name}",{did_you_mean(name, known)}') from None

    def apply(self, profile: Profile, author: str, base: int | None) -> int:
        """Take a whole profile; one that is based on a former revision is rebased. Returns the revision.

        Raises:
            UsageError: it can't be run. ConflictError: see `Revisions`.
        """
        profile, notices = without_urls(profile, self._ports)
        profile = check_profile(profile, self._registry, self._folder)
        self._say(notices)
        if base is not None and base != self.revision:
            return self.change(edits_between(self._revisions.at(base), profile), author, base)
        return self._accept(profile, edits_between(self.profile, profile), author)

    def change(self, edits: Sequence[Edit], author: str, base: int | None) -> int:
        """Take edits, all or none. Returns the revision.

        Raises:
            UsageError: a bad value or place. ConflictError: see `Revisions`.
        """
        edits, notices = edits_without_urls(edits, self._ports)
        self._revisions.check_base(base, [e.path for e in edits])
        self._say(notices)
        return self._accept(check_profile(edit_all(self.profile, edits), self._registry, self._folder), edits, author)

    def note(self, text: str, paths: Sequence[Path], author: str) -> int:
        """Record a change that is not one of the profile (an override). Returns the revision."""
        revision = self._revisions.record(self.profile, paths, author)
        self._journal.add(kind="change", text=text)
        self._announce(Changed(revision, author, tuple("/".join(p) for p in paths), self._held()))
        return revision

    def _say(self, notices: Sequence[Notice]) -> None:
        for proxy, sentence_ in notices:
            self._journal.notice(sentence_, proxy=proxy)

    def _accept(self, profile: Profile, edits: Sequence[Edit], author: str) -> int:
        if not edits and profile == self.profile:
            return self.revision
        self.profile = profile
        return self.note(sentence(edits, author), [e.path for e in edits], author)

"""What a proxy has besides addresses and mix: TLS, timeouts, limits and its protocol's options, as a generated form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from vaurien_core.certificates import authority_folder, auto_certificate
from vaurien_core.errors import UsageError, VaurienError
from vaurien_core.model.change import Path
from vaurien_core.model.profile import ProxySpec
from vaurien_core.options import Option, OptionValue
from vaurien_core.profiles.keys import TUNING, named
from vaurien_gui.models.shown import BandAction, FormRow, TuningForm
from vaurien_gui.presenters.texts import option_text
from vaurien_gui.session import Session

KEYS = (
    "tls", "certificate", "key", "backend_tls", "backend_verify", "backend_name", "connect_timeout", "buffer_limit",
    "draw_by",
)  # fmt: skip
"""Of `profiles.keys.TUNING`, in the order of the form."""
MAKE_CERTIFICATE = BandAction("make-certificate", "Make a certificate")
AUTO = "auto"


class TuningPresenter:
    """The fold of the proxy panel. Texts that can't be read stay here, with the reason."""

    def __init__(self, session: Session, make: Callable[[], object] = auto_certificate) -> None:
        self._session, self._make = session, make
        self._drafts: dict[tuple[str, str], str] = {}
        self._refused: dict[tuple[str, str], tuple[object, str]] = {}
        """What the engine would not run, by proxy and key: the value, and its sentence about it."""
        session.document.replaced.connect(self._drafts.clear)
        session.document.replaced.connect(self._refused.clear)
        session.trouble.connect(self._hear)

    def form(self, spec: ProxySpec) -> TuningForm:
        """Its rows, and how many of them differ from the defaults."""
        rows = tuple(self._row(spec, option) for option in self._options(spec))
        return TuningForm(rows, sum(row.changed for row in rows))

    def set_option(self, name: str, text: str) -> None:
        """Set a key from the text in its field."""
        spec = self._session.proxy
        option = self._option(spec, name) if spec is not None else None
        if spec is None or option is None:
            return
        try:
            value = option.parse(text)
        except UsageError as error:
            self._drafts[spec.name, name] = _capital(str(error).removeprefix(f"{name}: "))
            self._session.announce()
            return
        label = f"Set {_words(name)} of {spec.name} to {option_text(option, value)}"
        if (name, value, spec.certificate) == ("tls", "terminate", ""):
            self._terminate(spec, label)
        else:
            self._put(spec, option, value, label)

    def reset_option(self, name: str) -> None:
        """Go back to the default."""
        spec = self._session.proxy
        option = self._option(spec, name) if spec is not None else None
        if spec is not None and option is not None:
            self._put(spec, option, None, f"Reset {_words(name)} of {spec.name}")

    def make_certificate(self) -> None:
        """Show clients a certificate that is made at every start, by the user's own authority; made now if need be."""
        spec = self._session.proxy
        if spec is None:
            return
        place = ("proxies", spec.name)
        edits: list[tuple[Path, object]] = [((*place, "certificate"), AUTO), ((*place, "key"), "")]
        self._session.edit_all(edits, f"Make a certificate for {spec.name}")
        self._session.tasks.spawn(self._authority(), "certificate")

    def _terminate(self, spec: ProxySpec, label: str) -> None:
        """TLS can't end without a certificate: one is made until another is named."""
        self._drafts.pop((spec.name, "tls"), None)
        place = ("proxies", spec.name)
        self._session.edit_all([((*place, "certificate"), AUTO), ((*place, "tls"), "terminate")], label)
        self._session.tasks.spawn(self._authority(), "certificate")

    async def _authority(self) -> None:
        try:
            await asyncio.to_thread(self._make)
        except VaurienError as error:
            self._session.trouble.emit(str(error), "")

    def _put(self, spec: ProxySpec, option: Option, value: OptionValue | None, label: str) -> None:
        self._drafts.pop((spec.name, option.name), None)
        place: Path = ("proxies", spec.name, option.name)
        if option.name not in KEYS:
            stored: object = value
            place = ("proxies", spec.name, "protocol_options", option.name)
        else:
            stored = option.default if value is None else value
            stored = "" if stored is None and option.name in ("backend_tls", "draw_by") else stored
        self._session.edit(place, stored, label)
        self._session.announce()

    def _hear(self, text: str, _details: str) -> None:
        """The engine refuses the value of a key (`web: certificate: expected a PEM ...`): said at its field too."""
        spec = self._session.proxy
        name, colon, message = text.removeprefix(f"{spec.name}: " if spec is not None else "").partition(": ")
        option = self._option(spec, name) if spec is not None and colon else None
        if spec is None or option is None:
            return
        value = self._value(spec, option)
        got = option.format(cast("OptionValue", value)) or "nothing"
        if got in message:  # else it comes late, and is about a value that is gone
            self._refused[spec.name, name] = (value, _capital(message))
            self._session.announce()

    def _matters(self, spec: ProxySpec, option: Option) -> bool:
        """Whether what the option depends on (`tls=terminate`) is so."""
        name, _, wanted = option.depends_on.partition("=")
        needed = self._option(spec, name)
        return needed is None or needed.format(cast("OptionValue", self._value(spec, needed))) == wanted

    def _value(self, spec: ProxySpec, option: Option) -> object:
        if option.name not in KEYS:
            return dict(spec.protocol_options).get(option.name, option.default)
        value: object = getattr(spec, option.name)
        return option.default if value == "" and option.default is None else value

    def _row(self, spec: ProxySpec, option: Option) -> FormRow:
        value = self._value(spec, option)
        refused, why = self._refused.get((spec.name, option.name), (None, ""))
        due = refused == value and self._matters(spec, option)
        problem = self._drafts.get((spec.name, option.name), why if due else "")
        if option.name != "certificate" or spec.tls != "terminate":
            return FormRow(option, value, value != option.default, problem)
        note = f"Clients trust it by {authority_folder() / 'ca.pem'}" if value == AUTO else ""
        action = None if value else MAKE_CERTIFICATE
        return FormRow(option, value, value != option.default, problem, note=note, action=action)

    def _options(self, spec: ProxySpec) -> tuple[Option, ...]:
        tuning = named(TUNING)
        info = self._session.catalogue.protocol(spec.protocol)
        return (*(tuning[name] for name in KEYS), *(info.options if info is not None else ()))

    def _option(self, spec: ProxySpec, name: str) -> Option | None:
        return next((option for option in self._options(spec) if option.name == name), None)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(name: str) -> str:
    return name.replace("_", " ")

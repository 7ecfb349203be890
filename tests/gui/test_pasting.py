"""The proxy panel's presenters: pasted URLs, the fold of TLS, timeouts and limits, and the buttons beside a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from vaurien_core.errors import UsageError
from vaurien_core.model.events import ProbeResult
from vaurien_core.model.profile import Profile, ProxySpec, Rule
from vaurien_core.registry import Registry
from vaurien_gui.models.question import Question
from vaurien_gui.models.shown import FormRow, ProxyForm
from vaurien_gui.presenters.own_backend import OwnBackendPresenter
from vaurien_gui.presenters.probe import ProbePresenter
from vaurien_gui.presenters.proxies import ProxiesPresenter
from vaurien_gui.presenters.tuning import TuningPresenter
from vaurien_gui.session import Session

if TYPE_CHECKING:
    from conftest import Troubles

WEB = ProxySpec(
    "web", "127.0.0.1:8000", "127.0.0.1:9000", "http", (Rule("delay", Decimal(10)), Rule("error", Decimal(5)))
)
HTTP = (("overwrite_host_header", True), ("rewrite_answers", True))


class Panel:
    """The proxy panel's presenters over a session without an engine."""

    def __init__(self, registry: Registry) -> None:
        self.session = Session(self._never, lambda e, w: None, registry.catalogue())
        self.session.document.replaced.disconnect()
        self.notices: list[str] = []
        self.session.notice.connect(lambda text: self.notices.append(text))
        self.probe = ProbePresenter(self.session)
        self.proxies = ProxiesPresenter(self.session, self.probe)

    async def _never(self, profile: Profile) -> None:
        raise AssertionError("no engine is wanted here")

    def open(self, spec: ProxySpec) -> None:
        self.session.document.replace(Profile(proxies=(spec,), seed=42), title="flaky")

    @property
    def spec(self) -> ProxySpec:
        assert self.session.proxy is not None
        return self.session.proxy

    @property
    def form(self) -> ProxyForm:
        form = self.proxies.form()
        assert form is not None
        return form

    @property
    def steps(self) -> int:
        return self.session.document.undo.count()

    def undo(self) -> None:
        self.session.document.undo.undo()


@pytest.fixture
def panel(qapp: object, registry: Registry, troubles: Troubles) -> Iterator[Panel]:
    made = Panel(registry)
    made.session.trouble.connect(lambda text, _: troubles.append(text))
    yield made


# --- pasting


def test_a_pasted_https_url_is_verified_tls_and_one_step(panel: Panel) -> None:
    before = replace(WEB, protocol="tcp", mix=WEB.mix[:1], backend_verify="no", backend_name="former.example")
    panel.open(before)
    panel.proxies.set_backend("https://me:geheim@shop.example/cart")
    spec = panel.spec
    assert (spec.protocol, spec.backend, spec.backend_tls, spec.backend_verify, spec.backend_name) == (
        "http", "shop.example:443", "on", "yes", "",
    )  # fmt: skip
    assert spec.protocol_options == HTTP
    assert panel.notices == [
        "Of the URL, user name and password and the path /cart are not used: requests keep their own."
    ]
    assert panel.steps == 1
    panel.undo()
    assert panel.spec == before


def test_an_own_file_of_authorities_stays_over_a_paste(panel: Panel) -> None:
    panel.open(replace(WEB, backend_verify="ca.pem"))
    panel.proxies.set_backend("https://shop.example")
    assert panel.spec.backend_verify == "ca.pem"


def test_a_pasted_dsn_takes_its_protocol_and_tls(panel: Panel) -> None:
    panel.open(WEB)
    panel.proxies.set_backend("rediss://:geheim@cache/0")
    assert (panel.spec.protocol, panel.spec.backend, panel.spec.backend_tls) == ("redis", "cache:6379", "on")
    assert panel.steps == 1
    panel.proxies.set_backend("mysql://u:geheim@db:3307/x")
    assert (panel.spec.protocol, panel.spec.backend, panel.spec.backend_tls) == ("mysql", "db:3307", "")
    assert "geheim" not in repr(panel.session.profile)


def test_a_plain_address_changes_nothing_else(panel: Panel) -> None:
    panel.open(replace(WEB, backend_tls="on", protocol_options=HTTP))
    panel.proxies.set_backend("10.0.0.1:443")
    assert panel.spec == replace(WEB, backend="10.0.0.1:443", backend_tls="on", protocol_options=HTTP)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gopher://u:geheim@host/", "Expected a URL that begins with"),
        ("https://u:geheim@host:x/", "Expected a URL such as"),
        ("http://localhost:8000/", "The backend is this proxy itself."),
    ],
)
def test_a_url_that_can_not_be_used_stays_with_its_reason_and_without_its_secret(
    panel: Panel, text: str, problem: str
) -> None:
    panel.open(WEB)
    panel.proxies.set_backend(text)
    assert panel.form.problems[0].message.startswith(problem)
    assert "geheim" not in repr(panel.form)
    assert panel.spec == WEB


async def test_a_typed_url_is_probed_as_the_proxy_that_it_would_make(panel: Panel) -> None:
    panel.open(WEB)
    asked: list[Question] = []

    async def note(question: Question) -> ProbeResult:
        asked.append(question)
        return ProbeResult("ok", "Reachable in 1.0 ms, speaks Redis", "redis")

    panel.session.link = SimpleNamespace(alive=True)  # type: ignore[assignment]
    panel.session.probe = note  # type: ignore[method-assign]
    panel.proxies.backend_typed("rediss://:geheim@cache")
    assert panel.form.probe.kind == "busy"
    await asyncio.sleep(0.01)
    assert asked == [Question("cache:6379", "redis", "on")]
    assert (panel.form.probe.kind, panel.form.probe.text) == ("ok", "Reachable in 1.0 ms, speaks Redis")
    panel.proxies.backend_typed("gopher://x")
    await asyncio.sleep(0.01)
    assert len(asked) == 1
    panel.session.link = None


def test_a_backend_of_ones_own_may_be_a_url(panel: Panel) -> None:
    own = OwnBackendPresenter(panel.session)
    own.begin()
    own.set_backend("https://me:geheim@shop.example/cart")
    profile = own.profile()
    assert profile is not None
    spec = profile.proxies[0]
    assert (spec.backend, spec.protocol, spec.backend_tls, spec.protocol_options) == (
        "shop.example:443", "http", "on", HTTP,
    )  # fmt: skip
    own.act("set:no-tls")
    own.act("switch-protocol:tcp")
    changed = own.profile()
    assert changed is not None
    assert (changed.proxies[0].backend_tls, changed.proxies[0].protocol) == ("off", "tcp")
    own.set_backend("gopher://me:geheim@x")
    assert own.profile() is None
    assert own.form().problems[0].message.startswith("Expected a URL that begins with")
    assert "geheim" not in repr(own.form())


# --- the fold


def test_the_fold_has_a_row_for_each_key_and_option(panel: Panel) -> None:
    panel.open(WEB)
    info = panel.session.catalogue.protocol("http")
    assert info is not None
    assert [row.option.name for row in panel.form.tuning.rows] == [
        "tls", "certificate", "key", "backend_tls", "backend_verify", "backend_name", "connect_timeout",
        "buffer_limit", "draw_by", *(option.name for option in info.options),
    ]  # fmt: skip
    assert {"overwrite_host_header", "rewrite_answers"} < {option.name for option in info.options}
    assert panel.form.tuning.changed == 0


@pytest.mark.parametrize(
    ("name", "text", "value", "back"),
    [
        ("tls", "strip", "strip", "passthrough"),
        ("certificate", "c.pem", "c.pem", ""),
        ("backend_tls", "on", "on", ""),
        ("backend_verify", "ca.pem", "ca.pem", "yes"),
        ("connect_timeout", "1.5s", 1.5, 30.0),
        ("buffer_limit", "64KiB", 65536, None),
        ("draw_by", "ordinal", "ordinal", ""),
    ],
)
def test_a_key_is_set_and_reset(panel: Panel, name: str, text: str, value: object, back: object) -> None:
    panel.open(WEB)
    panel.proxies.tuning.set_option(name, text)
    assert getattr(panel.spec, name) == value
    assert (panel.form.tuning.changed, panel.steps) == (1, 1)
    panel.proxies.tuning.reset_option(name)
    assert getattr(panel.spec, name) == back
    assert panel.spec == WEB


def test_a_protocol_option_is_set_and_reset(panel: Panel) -> None:
    panel.open(WEB)
    panel.proxies.tuning.set_option("rewrite_answers", "true")
    assert panel.spec.protocol_options == (("rewrite_answers", True),)
    panel.proxies.tuning.reset_option("rewrite_answers")
    assert panel.spec == WEB


def test_a_wrong_value_stays_in_the_fold_with_its_reason(panel: Panel) -> None:
    panel.open(WEB)
    panel.proxies.tuning.set_option("connect_timeout", "soon")
    row = next(r for r in panel.form.tuning.rows if r.option.name == "connect_timeout")
    assert row.problem.startswith("Expected ")
    assert panel.spec == WEB


def certificate(panel: Panel) -> FormRow:
    return next(r for r in panel.form.tuning.rows if r.option.name == "certificate")


async def test_a_certificate_is_made_on_request(panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path))
    panel.open(WEB)
    assert certificate(panel).action is None, "clients are shown none"
    panel.open(replace(WEB, tls="terminate", key="old.pem"))
    action = certificate(panel).action
    assert action is not None and action.id == "make-certificate"
    panel.proxies.tuning.make_certificate()
    assert (panel.spec.certificate, panel.spec.key, panel.steps) == ("auto", "", 1)
    assert (certificate(panel).action, certificate(panel).note) == (None, f"Clients trust it by {tmp_path / 'ca.pem'}")
    async with asyncio.timeout(5):
        while not (tmp_path / "ca.pem").exists():
            await asyncio.sleep(0.01)
    await panel.session.tasks.aclose()


async def test_tls_that_ends_here_brings_its_certificate(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAURIEN_CERTIFICATES", str(tmp_path))
    panel.open(WEB)
    panel.proxies.tuning.set_option("tls", "terminate")
    assert (panel.spec.tls, panel.spec.certificate, panel.steps) == ("terminate", "auto", 1)
    panel.undo()
    assert panel.spec == WEB
    panel.open(replace(WEB, certificate="own.pem"))
    panel.proxies.tuning.set_option("tls", "terminate")
    assert (panel.spec.tls, panel.spec.certificate) == ("terminate", "own.pem")
    await asyncio.sleep(0.05)
    await panel.session.tasks.aclose()


async def test_a_certificate_that_can_not_be_made_is_told(panel: Panel, troubles: Troubles) -> None:
    def fail() -> None:
        raise UsageError("no")

    troubles.expected = True
    tuning = TuningPresenter(panel.session, fail)
    panel.open(replace(WEB, tls="terminate"))
    tuning.make_certificate()
    async with asyncio.timeout(5):
        while "no" not in troubles:
            await asyncio.sleep(0.01)


# --- what the buttons beside a verdict do


@pytest.mark.parametrize(
    ("verdict", "tls", "protocol", "actions"),
    [
        ("ok", "", "http", []),
        ("refused", "", "http", ["demo-backend", "retry"]),
        ("not-found", "", "http", ["retry"]),
        ("timeout", "", "http", ["retry"]),
        ("loop", "", "http", ["retry"]),
        ("tls", "", "http", ["set:tls", "retry"]),
        ("no-tls", "on", "http", ["set:no-tls", "retry"]),
        ("no-tls", "on", "smtp", ["set:starttls", "set:no-tls", "retry"]),
        ("untrusted", "on", "http", ["set:no-verify", "retry"]),
    ],
)
def test_a_verdict_offers_what_helps(panel: Panel, verdict: str, tls: str, protocol: str, actions: list[str]) -> None:
    spec = replace(WEB, backend_tls=tls, protocol=protocol)
    panel.open(spec)
    panel.probe._results[Question.of(spec)] = ProbeResult(verdict, "so it is")
    assert [action.id for action in panel.form.probe.actions] == actions


def test_another_protocol_is_offered_by_its_title(panel: Panel) -> None:
    panel.open(WEB)
    panel.probe._results[Question.of(WEB)] = ProbeResult("wrong-protocol", "Speaks MySQL", "mysql")
    assert [(a.id, a.text) for a in panel.form.probe.actions] == [("switch-protocol:mysql", "Switch to MySQL")]


@pytest.mark.parametrize(
    ("action", "key", "value"),
    [
        ("tls", "backend_tls", "on"),
        ("starttls", "backend_tls", "starttls"),
        ("no-tls", "backend_tls", "off"),
        ("no-verify", "backend_verify", "no"),
    ],
)
def test_a_button_beside_a_verdict_is_one_step(panel: Panel, action: str, key: str, value: str) -> None:
    panel.open(WEB)
    panel.proxies.change(action)
    assert getattr(panel.spec, key) == value
    assert panel.steps == 1
    panel.undo()
    assert panel.spec == WEB

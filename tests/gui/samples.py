"""Sample values for views: what the drawings show."""

from dataclasses import replace
from decimal import Decimal

from vaurien_core.model.catalogue import BehaviorInfo
from vaurien_core.model.profile import ProxySpec
from vaurien_core.options import Kind, Option
from vaurien_core.profiles import loads
from vaurien_core.profiles.export import TARGETS, Source
from vaurien_core.profiles.keys import TUNING, named
from vaurien_core.protocols.http import Http
from vaurien_core.registry import Registry
from vaurien_gui.models.shown import (
    BandAction,
    BandKind,
    BandShare,
    BandState,
    ExportPage,
    FieldProblem,
    FormRow,
    MixPanel,
    MixRow,
    ProbeLine,
    ProxyForm,
    ProxyRow,
    TuningForm,
)
from vaurien_gui.presenters.tuning import KEYS, MAKE_CERTIFICATE

DELAY = BehaviorInfo(
    "delay",
    "Delay",
    "Holds the exchange",
    "The request's bytes leave late, in order; the connection goes on as before.",
    "Timing",
    options=(
        Option("sleep", Kind.DURATION, 1.0, "How long to hold the exchange", unit="s", minimum=0),
        Option("jitter", Kind.DURATION, 0.0, "How much the time varies around it", unit="s", minimum=0),
        Option(
            "distribution", Kind.CHOICE, "uniform", "How the time varies",
            choices=("uniform", "normal", "lognormal", "pareto"), depends_on="jitter",
        ),
        Option("before", Kind.BOOL, True, "Hold it before the backend sees it; otherwise hold the answer"),
        Option("warmup", Kind.INT, 0, "How many exchanges pass untouched first", minimum=0, advanced=True),
    ),
)  # fmt: skip
ERROR = BehaviorInfo("error", "Error", "Answers with an error", "A real answer of the protocol.", "Errors")
ABORT = BehaviorInfo("abort", "Abort", "Resets the connection", "RST in place of the answer.", "Connection")
HANG = BehaviorInfo("hang", "Hang", "Never answers", "Nothing is sent.", "Connection")
ADDABLE = (
    BehaviorInfo("blackout", "Blackout", "Closes the connection", "FIN to both sides.", "Connection"),
    BehaviorInfo("transient", "Transient", "Fails for a while", "Errors, then none.", "Errors"),
)
SENTENCE = "<b>10 %</b> of exchanges wait <b>200–400 ms</b> (uniform) before they reach the backend."


def mix_row(info: BehaviorInfo, weight: str, measured: str, *, total: str = "20", **more: object) -> MixRow:
    """A row whose limit follows from the total."""
    limit = Decimal(weight) + Decimal(100) - Decimal(total)
    return MixRow(info.name, info.title, Decimal(weight), limit, measured, info, **more)


def mix(held: bool = False, bad: bool = False) -> MixPanel:
    """Four behaviors on 20 %."""
    problems = (FieldProblem("sleep", "Expected at least 0 s, got -1."),) if bad else ()
    sentence = "Not applied. Last valid: <b>200–400 ms</b> (uniform)." if bad else SENTENCE
    rest = ("0.0 % · 0/s",) * 4 if held else ("9.8 % · 12.1/s", "5.2 % · 6.4/s", "2.9 % · 3.6/s", "1.9 % · 2.3/s")
    values = (("jitter", 0.1), ("sleep", 0.3))
    rows = (
        mix_row(DELAY, "10", rest[0], sentence=sentence, values=values, problems=problems),
        mix_row(ERROR, "5", rest[1], sentence="<b>5 %</b> of exchanges are answered with an error."),
        mix_row(ABORT, "3", rest[2], sentence="<b>3 %</b> of exchanges end in a reset."),
        mix_row(HANG, "2", rest[3], sentence="<b>2 %</b> of exchanges are never answered."),
    )
    return MixPanel(rows, Decimal(80), ADDABLE, held=held)


SHARES = (
    BandShare("delay", "Delay", "10 %"),
    BandShare("error", "Error", "5 %"),
    BandShare("abort", "Abort", "3 %"),
    BandShare("hang", "Hang", "2 %"),
)
BANDS = {
    "stopped": BandState(BandKind.STOPPED, "Stopped", text="No profile is open. Nothing listens, nothing is injected."),
    "normal": BandState(BandKind.NORMAL, "All normal", text="Running. Traffic passes untouched.", since="for 00:03"),
    "faults": BandState(
        BandKind.FAULTS, "Faults on", "20 %", "of exchanges on web", SHARES, "for 00:42",
        (BandAction("auto-off", "Auto-off in 14:18", "timer"),),
    ),
    "held": BandState(
        BandKind.HELD, "All normal", text="Held for 00:09. Traffic passes untouched, no fault is drawn.",
        actions=(BandAction("zero", "Zero the sliders"), BandAction("resume", "Resume faults", "play", main=True)),
    ),
    "failed": BandState(
        BandKind.FAILED, "web is not listening",
        text="127.0.0.1:8000 is already in use by another program. VA-101",
        actions=(
            BandAction("details", "Details"), BandAction("who", "Who has it?"),
            BandAction("free-port", "Use a free port", "refresh", main=True),
        ),
    ),
}  # fmt: skip
ROWS = (
    ProxyRow("web", "http", ":8000 → :9000", "20 %", running=True),
    ProxyRow("orders-db", "mysql", ":3307 → :3306", "normal", running=True),
)
FAILED_ROWS = (
    ProxyRow("web", "http", ":8000 → :9000", "not listening", running=False, failed=True),
    ProxyRow("a-proxy-with-a-rather-long-name", "mysql", ":33070 → :33060", "stopped", running=False),
)
FORM = ProxyForm(
    "web", "http", (("http", "HTTP"), ("tcp", "TCP")), "127.0.0.1:8000", "127.0.0.1:9000",
    ProbeLine("ok", "Reachable in 0.4 ms, speaks HTTP/1.1"),
)  # fmt: skip
SECURE = ProxySpec(
    "web", tls="terminate", backend_tls="on", connect_timeout=5.0, protocol_options=(("rewrite_answers", True),)
)


def tuning(*, auto: bool = False) -> TuningForm:
    """The fold of a proxy that ends TLS, with a certificate that is made or still to be chosen."""
    options = {**named(TUNING), **named(Http.Options.describe())}
    rows = []
    for name in (*KEYS, "overwrite_host_header", "rewrite_answers", "keep_alive"):
        option, value = options[name], getattr(SECURE, name, dict(SECURE.protocol_options).get(name))
        value = option.default if value in ("", None) else value
        row = FormRow(option, value, value != option.default)
        if name == "certificate":
            note = "Clients trust it by /home/qa/.local/share/vaurien/certificates/ca.pem"
            row = replace(row, value="auto", changed=True, note=note) if auto else replace(row, action=MAKE_CERTIFICATE)
        rows.append(row)
    return TuningForm(tuple(rows), sum(row.changed for row in rows))


BAD_FORM = ProxyForm(
    "web", "http", (("http", "HTTP"), ("tcp", "TCP")), "0.0.0.0:0", "127.0.0.1:9000x",
    ProbeLine(
        "bad", "Connection refused at 127.0.0.1:9000",
        (BandAction("demo", "Start demo backend"), BandAction("retry", "Retry")),
    ),
    (FieldProblem("backend", 'Expected host:port, got "127.0.0.1:9000x".'),),
    note="Reachable from the network", bound="127.0.0.1:40123",
)  # fmt: skip
INI = """[vaurien]
seed = 42

# the shop
[proxy:web]
proxy = 127.0.0.1:8000
backend = 127.0.0.1:9000
protocol = http
behavior = 10:delay, 5:error, 3:abort, 2:hang

[behavior:delay@web]
sleep = 300ms
jitter = 100ms

[expect]
checkout saw faults = delay@web >= 1
"""
EXPORT = Source(loads(INI, "profile.ini", Registry.builtin()).profile, INI, "profile.ini", Registry.builtin())
EXPORTS = tuple(
    ExportPage(
        t.key, t.title, t.note, t.render(EXPORT), t.file_name.format(name="profile.ini", stem="profile"), t.beside
    )
    for t in TARGETS
)

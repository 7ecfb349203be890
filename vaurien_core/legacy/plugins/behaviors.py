"""Old-style behaviors as `Behavior`: blocking hooks, run in the connection's thread on two socket pairs.

The framed request is written into the client pair, `on_before_handle(protocol, source, dest, True)` is called. True:
what it wrote to `dest` and what it left unread in `source` goes to the backend. False: what it wrote to `source` is the
answer; with nothing written the connection closes. The answer likewise with False. `on_after_handle` follows each.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any, ClassVar

from vaurien_core.behaviors.base import Behavior, Intervention
from vaurien_core.frozen import dataclass
from vaurien_core.legacy.plugins.bases import TCP
from vaurien_core.legacy.plugins.pair import LoopEnd
from vaurien_core.legacy.plugins.rows import options_from_rows, settings_of
from vaurien_core.legacy.plugins.threads import Slots, Worker
from vaurien_core.options import OptionSet

log = logging.getLogger("vaurien.plugins")
HOOKS = ("on_before_handle", "on_after_handle")


@dataclass(frozen=True, slots=True)
class Handled:
    """What a hook left behind."""

    go_on: bool
    onward: bytes
    """To where the message was going."""
    to_client: bytes


class Lane:
    """One connection's thread and socket pairs; made on the loop, closed with the connection."""

    def __init__(self, slots: Slots) -> None:
        """The caller has taken a slot."""
        loop = asyncio.get_running_loop()
        self._to_client, self._to_backend = bytearray(), bytearray()
        self._client = LoopEnd(loop, received=self._to_client.extend)
        self._backend = LoopEnd(loop, received=self._to_backend.extend)
        self._worker = Worker("vaurien plugin", slots)
        self.turn = asyncio.Lock()
        """Exchanges of one connection use it one after the other."""
        self.broken = False
        """A call was given up half-way: what is in the pairs belongs to nobody."""

    @classmethod
    def open(cls, slots: Slots) -> Lane | None:
        """A lane, if a thread is left."""
        return cls(slots) if slots.take() else None

    async def before(self, hook: Callable[..., Any], protocol: TCP, data: bytes, *, to_backend: bool) -> Handled:
        """Let the hook see a message."""
        source, dest = self._ends(to_backend=to_backend)
        await self._call(_pass)  # what ran behind the message before is over
        self._take_written()
        source.take_unread()
        source.send(data)
        go_on = await self._call(hook, protocol, source.theirs, dest.theirs, to_backend)
        to_client, onward = self._take_written()
        return Handled(bool(go_on), (onward if to_backend else to_client) + source.take_unread(), to_client)

    def after(self, hook: Callable[..., Any], protocol: TCP, *, to_backend: bool) -> None:
        """Let the hook know that a message went on; nobody waits for it."""
        source, dest = self._ends(to_backend=to_backend)

        def run() -> None:
            try:
                hook(protocol, source.theirs, dest.theirs, to_backend)
            except Exception:
                log.exception("The hook %s of a plugin failed", HOOKS[1])

        self._worker.post(run)

    def _ends(self, *, to_backend: bool) -> tuple[LoopEnd, LoopEnd]:
        return (self._client, self._backend) if to_backend else (self._backend, self._client)

    def _take_written(self) -> tuple[bytes, bytes]:
        """What the plugin wrote toward client and backend."""
        self._client.read_now()
        self._backend.read_now()
        written = bytes(self._to_client), bytes(self._to_backend)
        self._to_client.clear()
        self._to_backend.clear()
        return written

    async def _call(self, hook: Callable[..., Any], *args: object) -> Any:  # whatever the plugin returns
        try:
            return await self._worker.call(hook, *args)
        except BaseException:
            self.broken = True
            self.close()
            raise

    def close(self) -> None:
        """Wake the plugin with an end of stream and let the thread end; idempotent."""
        self._client.close()
        self._backend.close()
        self._worker.post(self._client.theirs.close)
        self._worker.post(self._backend.theirs.close)
        self._worker.close()


class OldBehavior(Behavior):
    """Base of the adapted classes; see `adapt_behavior`."""

    plugin: ClassVar[type]
    rows: ClassVar[object]
    slots: ClassVar[Slots]

    def __init__(self, options: OptionSet) -> None:
        super().__init__(options)
        settings = settings_of(self.rows, options)
        self._plugin = make_plugin(self.plugin, settings)
        self._before = getattr(self._plugin, HOOKS[0], _pass)
        self._after = getattr(self._plugin, HOOKS[1], _pass)

    async def begin(self, act: Intervention) -> None:
        """Run the hooks around request and answer."""
        lane = act.keep(Lane, lambda: Lane.open(self.slots))
        if isinstance(lane, Lane) and lane.broken:
            act.drop(Lane)
            lane = act.keep(Lane, lambda: Lane.open(self.slots))
        if lane is None:
            act.not_applicable(f"all {self.slots.count} threads for old-style plugins are busy")
            return
        protocol = TCP()
        protocol.name = act.protocol
        async with lane.turn:
            if not lane.broken and await self._request(act, lane, protocol):
                await self._answer(act, lane, protocol)

    async def _request(self, act: Intervention, lane: Lane, protocol: TCP) -> bool:
        """Whether an answer is to follow."""
        request = await act.request()
        if not request:
            return False
        handled = await lane.before(self._before, protocol, request, to_backend=True)
        if not handled.go_on:
            if handled.to_client:
                act.reply(lambda _close: handled.to_client)
            else:
                act.close()
            return False
        if handled.onward != request:
            if act.exchange.request_done:
                act.forward(handled.onward)
            else:
                act.note(request="over 1 MiB: passed as it came")
        return True

    async def _answer(self, act: Intervention, lane: Lane, protocol: TCP) -> None:
        answer = await act.answer() if act.exchange.answer_expected else b""
        lane.after(self._after, protocol, to_backend=True)
        if not answer:
            return
        handled = await lane.before(self._before, protocol, answer, to_backend=False)
        if handled.go_on:
            lane.after(self._after, protocol, to_backend=False)
        elif not handled.to_client:
            act.close()
            return
        instead = handled.onward if handled.go_on else handled.to_client
        if instead == answer:
            return
        if act.exchange.answer_done or act.exchange.facts.get("unframed") or not handled.go_on:
            act.answer_with(instead)
        else:
            act.note(answer="over 1 MiB: passed as it came")


def _pass(*_: object) -> bool:
    return True


def make_plugin(plugin: type, settings: dict[str, Any]) -> Any:  # the plugin's own type
    """An instance with these settings, whatever its constructor takes."""
    takes = [
        p
        for p in inspect.signature(plugin).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)
    ]
    made = plugin(dict(settings)) if takes else plugin()
    if callable(getattr(made, "update_settings", None)):
        made.update_settings(settings)
    else:
        made.settings = dict(settings)
    if not hasattr(made, "option"):
        made.option = settings.__getitem__
    return made


def summary_of(plugin: type) -> str:
    """The first line of its docstring."""
    own = plugin.__doc__ or f"The plugin {plugin.__name__}"
    return inspect.cleandoc(own).splitlines()[0].rstrip(".")


def is_old_behavior(found: object) -> bool:
    """Whether it is a class with one of the old hooks."""
    return isinstance(found, type) and any(callable(getattr(found, hook, None)) for hook in HOOKS)


def adapt_behavior(plugin: type, name: str, slots: Slots) -> type[Behavior]:
    """The `Behavior` of an old-style class, under `name`.

    Raises:
        UsageError: its options are none.
    """
    rows = getattr(plugin, "options", {})
    summary = summary_of(plugin)
    return type(
        plugin.__name__,
        (OldBehavior,),
        {
            "__doc__": summary,
            "name": name,
            "title": name.replace("_", " ").replace("-", " ").capitalize(),
            "summary": summary,
            "wire": f"What the plugin {plugin.__module__}.{plugin.__name__} does.",
            "group": "Data",
            "fails": getattr(plugin, "fails", True),
            "Options": options_from_rows(name, rows),
            "plugin": plugin,
            "rows": rows,
            "slots": slots,
        },
    )

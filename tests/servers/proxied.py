"""A real proxy on a loop of its own thread, for clients that block: the data plane itself, switched on and off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.proxy.lab import Journal, Lab, lab, named
from vaurien_core.behaviors.base import Behavior
from vaurien_core.behaviors.delay import Delay
from vaurien_core.behaviors.error import Error
from vaurien_core.options import OptionValue
from vaurien_core.protocols.base import ProtocolType

T = TypeVar("T")


@dataclass(frozen=True)
class Proxied:
    """A proxy that listens on `port`; its faults act while it is on."""

    port: int
    lab: Lab
    loop: asyncio.AbstractEventLoop

    @property
    def journal(self) -> Journal:
        return self.lab.journal

    def on(self) -> None:
        self._do(lambda: self.lab.server.set_normal(False))

    def off(self) -> None:
        self._do(lambda: self.lab.server.set_normal(True))

    def count(self, name: str) -> int:
        """A counter of the proxy, once what has been answered so far is counted."""
        return self._do(lambda: int(getattr(self.lab.server.counters, name)))

    def _do(self, what: Callable[[], T]) -> T:
        async def call() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)


@contextmanager
def proxied(
    protocol: type[ProtocolType], backend: str, *behaviors: type[Behavior], mix: str = "", seed: int = 7,
    error: dict[str, OptionValue] | None = None, delay: dict[str, OptionValue] | None = None,
    protocol_options: dict[str, OptionValue] | None = None,
) -> Iterator[Proxied]:  # fmt: skip
    """Run one until the end of the block.

    Args:
        protocol: which it speaks.
        backend: `host:port`.
        behaviors: beside `error` and `delay`.
        mix: of the proxy.
        seed: of its draws.
        error: options of `error`.
        delay: options of `delay`.
        protocol_options: of `[protocol:NAME]`.
    """
    ready: list[Proxied] = []
    crashes: list[BaseException] = []
    began, over = threading.Event(), threading.Event()

    async def main() -> None:
        specs = {"error": error, "delay": delay}
        fields: dict[str, object] = {"behaviors": tuple(named(name, **o) for name, o in specs.items() if o)}
        if protocol_options:
            fields["protocol_options"] = named("x", **protocol_options).options
        async with lab(
            Error, Delay, *behaviors, mix=mix, handler=None, everything=True, seed=seed, protocols=(protocol,),
            protocol=protocol.name, backend=backend, **fields,
        ) as it:  # fmt: skip
            assert it.server.bound is not None
            ready.append(Proxied(it.server.bound.port, it, asyncio.get_running_loop()))
            began.set()
            await asyncio.to_thread(over.wait)

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            crashes.append(error)
        finally:
            began.set()

    thread = threading.Thread(target=work, name="proxied")
    thread.start()
    try:
        began.wait(20)
        if not crashes:
            yield ready[0]
    finally:
        over.set()
        thread.join(20)
        assert not thread.is_alive()
        if crashes:
            raise crashes[0]

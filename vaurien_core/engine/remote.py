"""The engine at the other end of a control API.

Every method is one call of `/v3`; errors come back as the exceptions that a local engine raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vaurien_core.engine.base import Revisioned
from vaurien_core.engine.link import EventLines, answer_of, field_of, reason_of
from vaurien_core.errors import EngineLostError, VaurienError
from vaurien_core.model.catalogue import Catalogue
from vaurien_core.model.change import Edit
from vaurien_core.model.events import EngineState, Entry, Event, Lost, ProbeResult, Sample
from vaurien_core.model.profile import Profile
from vaurien_core.model.wire import Json, edits_to_json, from_json, to_json
from vaurien_core.options import OptionValues

if TYPE_CHECKING:
    import aiohttp

CALL_WITHIN_S = 20.0
"""A call takes longer only if the engine is gone; the server itself answers within 15 s."""
CONNECT_WITHIN_S = 5.0
SILENCE_S = 6.0
"""The stream has a heartbeat every second; after this much silence the link is taken for dead."""
RETRY_FOR_S = 10.0
"""How long a lost event stream is dialled again."""
_FIRST_RETRY_S, _LONGEST_RETRY_S = 0.1, 2.0


class RemoteEngine:
    """An engine behind a URL. Owns its HTTP session; `aclose` leaves the engine itself running.

    Args:
        url: `http://host:port` of a control site; without a scheme, http is meant.
        token: the site's bearer token, or "".
        retry_for_s: seconds for which a broken event stream is dialled again before it is `Lost`.
    """

    def __init__(self, url: str, token: str = "", *, retry_for_s: float = RETRY_FOR_S) -> None:
        self._url = (url if "://" in url else f"http://{url}").rstrip("/")
        self._token = token
        self._retry_for_s = retry_for_s
        self._session: aiohttp.ClientSession | None = None
        self._streams: set[EventLines] = set()
        self._closed = False

    @property
    def place(self) -> str:
        """Its URL."""
        return self._url

    async def catalogue(self) -> Catalogue:
        """See `Engine`."""
        return from_json(Catalogue, await self._call("GET", "/v3/catalogue"))

    async def profile(self) -> Revisioned:
        """See `Engine`."""
        data = await self._call("GET", "/v3/profile")
        return Revisioned(
            from_json(Profile, field_of(data, "profile", dict), "profile"), field_of(data, "revision", int)
        )

    async def state(self) -> EngineState:
        """See `Engine`."""
        return from_json(EngineState, await self._call("GET", "/v3/state"))

    async def sample(self) -> Sample:
        """See `Engine`."""
        return from_json(Sample, await self._call("GET", "/v3/sample"))

    async def apply(self, profile: Profile, *, author: str = "", base: int | None = None) -> int:
        """See `Engine`."""
        body = {"profile": to_json(profile), "author": author, "base": base}
        return field_of(await self._call("PUT", "/v3/profile", body), "revision", int)

    async def change(self, edits: Sequence[Edit], *, author: str = "", base: int | None = None) -> int:
        """See `Engine`."""
        body = {"edits": edits_to_json(tuple(edits)), "author": author, "base": base}
        return field_of(await self._call("POST", "/v3/change", body), "revision", int)

    async def start(self, proxy: str = "") -> None:
        """See `Engine`."""
        await self._call("POST", f"{_place(proxy)}/start")

    async def stop(self, proxy: str = "") -> None:
        """See `Engine`."""
        await self._call("POST", f"{_place(proxy)}/stop")

    async def release(self, proxy: str = "") -> int:
        """See `Engine`."""
        return field_of(await self._call("POST", "/v3/release", {"proxy": proxy}), "released", int)

    async def kick(self, proxy: str) -> int:
        """See `Engine`."""
        return field_of(await self._call("POST", f"{_place(proxy)}/kick"), "kicked", int)

    async def all_normal(self) -> None:
        """See `Engine`."""
        await self._call("POST", "/v3/all-normal")

    async def resume(self) -> None:
        """See `Engine`."""
        await self._call("POST", "/v3/resume")

    async def scenario(self, action: str, phase: str = "") -> None:
        """See `Engine`."""
        await self._call("POST", "/v3/scenario", {"action": action, "phase": phase})

    async def override(self, proxy: str, behavior: str, options: OptionValues = (), *, author: str = "") -> None:
        """See `Engine`."""
        body = {"behavior": behavior, "options": {k: to_json(v) for k, v in options}, "author": author}
        await self._call("PUT", f"{_place(proxy)}/override", body)

    async def probe(
        self,
        backend: str,
        protocol: str,
        *,
        own: Sequence[str] = (),
        backend_tls: str = "",
        backend_verify: str = "yes",
        backend_name: str = "",
    ) -> ProbeResult:
        """See `Engine`."""
        tls = {"backend_tls": backend_tls, "backend_verify": backend_verify, "backend_name": backend_name}
        body = {"backend": backend, "protocol": protocol, "own": list(own), **tls}
        return from_json(ProbeResult, await self._call("POST", "/v3/probe", body))

    async def demo(self, action: str, *, proxy: str = "", rate: float = 20.0, protocol: str = "") -> str:
        """See `Engine`."""
        body = {"action": action, "proxy": proxy, "rate": rate, "protocol": protocol}
        return field_of(await self._call("POST", "/v3/demo", body), "address", str)

    async def journal(self, since: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Engine`."""
        data = await self._call("GET", f"/v3/journal?since={since}&limit={limit}")
        return from_json(tuple[Entry, ...], field_of(data, "entries", list), "journal")

    async def events(self, since: int = 0) -> AsyncGenerator[Event, None]:
        """See `Engine`. A broken stream is dialled again, with what came since; then `Lost` ends it."""
        last, pid, retried_since = since, 0, 0.0
        wait = _FIRST_RETRY_S
        loop = asyncio.get_running_loop()
        while not self._closed:
            lines = EventLines(self._open(), f"{self._url}/v3/events?since={last}", SILENCE_S)
            self._streams.add(lines)
            reason = "the engine closed the connection"
            try:
                async for event in lines:
                    wait, retried_since = _FIRST_RETRY_S, 0.0
                    if isinstance(event, EngineState):
                        if pid and event.pid != pid and last:
                            pid, last, reason = event.pid, 0, ""
                            break
                        pid = event.pid
                    elif isinstance(event, Entry):
                        last = max(last, event.n)
                    yield event
                    if isinstance(event, Lost):
                        return
            except EngineLostError as error:
                reason = str(error)
            except VaurienError as error:
                yield Lost(str(error))
                return
            finally:
                self._streams.discard(lines)
                lines.close()
            if self._closed:
                return
            if not reason:
                continue
            retried_since = retried_since or loop.time()
            if await self._given_up(loop.time() + wait - retried_since):
                yield Lost(await self._why_lost(reason))
                return
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_RETRY_S)

    async def aclose(self) -> None:
        """End the event streams and close the connections; the engine at the other end goes on."""
        self._closed = True
        for lines in tuple(self._streams):
            lines.close()
        await self._close_session()

    async def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _given_up(self, for_s: float) -> bool:
        """Whether a stream that has been broken for so long is not dialled again."""
        return for_s > self._retry_for_s

    async def _why_lost(self, reason: str) -> str:
        return f"The engine at {self._url} can't be reached any more: {reason}."

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise EngineLostError("This connection to the engine is closed.")
        if self._session is None:
            import aiohttp

            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            timeout = aiohttp.ClientTimeout(total=CALL_WITHIN_S, connect=CONNECT_WITHIN_S)
            self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, trust_env=False)
        return self._session

    async def _call(self, method: str, path: str, body: Json = None) -> Any:
        """One call; its JSON answer.

        Raises:
            UsageError, ConflictError, EngineLostError: see `Engine`.
        """
        import aiohttp

        session = self._open()
        try:
            async with session.request(method, self._url + path, json=body) as response:
                status, raw = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EngineLostError(await self._why_lost(reason_of(error))) from None
        return answer_of(status, raw)


def _place(proxy: str) -> str:
    return f"/v3/proxies/{quote(proxy, safe='')}" if proxy else "/v3"

"""A Compose file that runs the profile in a container built from `resources/deploy/Dockerfile`.

Inside a container, loopback is the container's own: a second, small profile within the Compose file extends the mounted
one, lets its proxies listen on every interface, and reaches backends of this machine as `host.docker.internal`. What is
broken stays in the one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vaurien_core.addresses import Address
from vaurien_core.model.profile import Profile, ProxySpec
from vaurien_core.profiles.export.source import Source, quoted
from vaurien_core.profiles.writing import CLASSIC

FOLDER, OVERLAY, READY = "/profiles", "/run/vaurien/container.ini", "/tmp/vaurien-ready.json"  # noqa: S108 - in the container
HOST = "host.docker.internal"
FIRST_PORT = 8000
"""Where the container's ports begin for proxies that take a free one."""
Ports = dict[str, int]


def compose(source: Source) -> str:
    """The file. It reads `source.name` from its own folder."""
    profile = source.profile
    ports = _ports(profile)
    mounted = f"{FOLDER}/{source.name}" if source.needs_folder else f"{FOLDER}/profile.ini"
    volume = [f'"./:{FOLDER}:ro"'] if source.needs_folder else [f"{_yaml(f'./{source.name}:{mounted}:ro')}"]
    lines = [
        f"# {source.name} in a container: docker compose up --build --wait",
        "# It is built from a checkout of Vaurien: VAURIEN=path/to/it, or ../vaurien.",
        "services:",
        "  vaurien:",
        "    image: vaurien",
        "    build:",
        "      context: ${VAURIEN:-../vaurien}",
        "      dockerfile: resources/deploy/Dockerfile",
        *_list("command", [f"--config={OVERLAY}", f"--ready-file={READY}"]),
        *_list("volumes", [*volume, *_sockets(profile)]),
        *_list("environment", [_yaml(variable) for variable in source.variables], "as the container sees them"),
        *_list("ports", _published(profile, ports)),
        *_list("extra_hosts", [f'"{HOST}:host-gateway"'] if _reaches_out(profile) else []),
        "    configs:",
        "      - source: container",
        f"        target: {OVERLAY}",
        "    healthcheck:",
        f'      test: ["CMD", "test", "-f", "{READY}"]',
        "      interval: 1s",
        "      retries: 30",
        "",
        "# Where the proxies listen in the container, and what this machine is called there.",
        "configs:",
        "  container:",
        "    content: |",
        *(f"      {line}".rstrip() for line in overlay(profile, mounted, ports).replace("$", "$$").splitlines()),
    ]
    return "\n".join(lines) + "\n"


def overlay(profile: Profile, mounted: str, ports: Ports) -> str:
    """The profile of the container: addresses only, over the mounted file."""
    blocks = [f'[DEFAULT]\nextends = "{mounted}"']
    classic = [CLASSIC] if len(profile.proxies) == 1 else []
    for spec in profile.proxies:
        lines = [f"proxy = 0.0.0.0:{ports[spec.name]}"] if spec.name in ports else []
        if _moves(profile, spec):
            backend = Address.parse(spec.backend)
            lines.append(f"backend = {HOST}:{backend.port}")
            if spec.backend_tls in ("on", "starttls") and not spec.backend_name:
                lines.append(f"backend_name = {backend.host}")
        section = "vaurien" if spec.name in (CLASSIC, *classic) else f"proxy:{spec.name}"
        blocks += ["\n".join([f"[{section}]", *lines])] if lines else []
    if profile.control.http:
        blocks.append("[control]\nhost = 0.0.0.0\nallow_remote = true")
    return "\n\n".join(blocks) + "\n"


def _ports(profile: Profile) -> Ports:
    """Each proxy's port in the container: its own, or a free one where that is 0 or taken."""
    taken = set(profile.control.ports) if profile.control.http else set()
    found: Ports = {}
    for spec in profile.proxies:
        address = Address.parse(spec.proxy)
        if address.is_unix:
            continue
        port = address.port
        if not port or port in taken:
            port = next(n for n in range(FIRST_PORT, 65536) if n not in taken)
        taken.add(port)
        found[spec.name] = port
    return found


def _published(profile: Profile, ports: Ports) -> Iterator[str]:
    """`host:port:port`, as far from this machine as the profile lets itself be reached."""
    for spec in profile.proxies:
        if spec.name in ports:
            address = Address.parse(spec.proxy)
            outside = str(address.port or "")
            host = "127.0.0.1:" if address.is_loopback else ""
            inside = str(ports[spec.name])
            yield f'"{host}{outside}:{inside}"' if host or outside else f'"{inside}"'
    if profile.control.http:
        yield from (f'"127.0.0.1:{port}:{port}"' for port in profile.control.ports if port)


def _sockets(profile: Profile) -> Iterator[str]:
    """The folders of Unix sockets."""
    folders = {}
    for spec in profile.proxies:
        for text in (spec.proxy, spec.backend):
            address = Address.parse(text)
            if address.is_unix:
                folder = address.path.rpartition("/")[0] or "."
                folders[folder] = _yaml(f"{folder}:{folder}")
    yield from folders.values()


def _moves(profile: Profile, spec: ProxySpec) -> bool:
    """Whether the backend is on this machine; one from the environment is named there as the container sees it."""
    if any(reference.path == ("proxies", spec.name, "backend") for reference in profile.references):
        return False
    backend = Address.parse(spec.backend)
    return backend.is_loopback and not backend.is_unix


def _reaches_out(profile: Profile) -> bool:
    return any(_moves(profile, spec) for spec in profile.proxies) or bool(profile.references)


def _list(key: str, items: Iterable[str], remark: str = "") -> list[str]:
    lines = [f"      - {item}" for item in items]
    return [f"    {key}:{f'  # {remark}' if remark else ''}", *lines] if lines else []


def _yaml(text: str) -> str:
    """A text that Compose reads as it is."""
    return quoted(text).replace("$", "$$")

"""A test file that starts the profile beside it, sends some requests, and holds that they meet their faults.

It runs as it stands, with the fixture `vaurien` and the standard library, and says where the own program belongs.
"""

from __future__ import annotations

from vaurien_core.model.profile import ProxySpec
from vaurien_core.profiles.expect import expectation_text
from vaurien_core.profiles.export.sample import Sample, by_connection, sample
from vaurien_core.profiles.export.source import Source, identifier, quoted
from vaurien_core.profiles.export.stand_ins import IMPORTS, PLAIN_HTTP, SECURE_GET, STAND_INS

_HEAD = '''\
"""{name} in pytest: the same requests meet the same faults as in the window.

A starting point: each test starts the profile beside this file in a process of
its own and sends a few requests. Put your program in their place, pointed at
`place`. {needs}
pytest needs Vaurien installed with it, from its checkout or wheel.
"""

{imports}

PROFILE = {profile}
PATIENCE_S = 2.0
"""How long an answer is waited for; a fault may never give one."""
'''
_FAULTS = '''

def faults(proxies, proxy, by="label"):
    """What the journal says: (label or connection, rule) of each exchange, sorted."""
    entries = [entry for entry in proxies.journal(proxy=proxy) if entry.rule]
    found = {(e.conn, e.ex): (str(getattr(e, by)), e.rule) for e in entries}
    return sorted(found.values())
'''
_SETTLED = '''

def settled(find, wanted):
    """What `find` finds, once that is `wanted` or had time to become it."""
    until = time.monotonic() + 5
    while (found := find()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return found
'''
_PREDICTED = """

{constant} = {faults}
{comment}


def test_{ident}_meets_the_faults_of_its_seed(vaurien):
    proxies = vaurien.start(PROFILE{flags})
    place = proxies.address({proxy})
    {call}  # your program here
    wanted = sorted({constant}.items())
    assert settled(lambda: faults(proxies, {proxy}{by}), wanted) == wanted
{expect}"""
_COMMENT = {
    "label": '"""Which requests meet which rule. With your program, fill in what `faults` finds."""',
    "conn": '"""Which connections meet which rule. With your program, fill in what `faults` finds."""',
}
_REPEATED = """

def test_{ident}_meets_the_same_faults_every_time(vaurien):
    proxies = vaurien.start(PROFILE{flags})
    place = proxies.address({proxy})
    {call}  # your program here
    time.sleep(0.5)  # the last faults may still be under way
    first = faults(proxies, {proxy})
{expect}    proxies.close()
    proxies = vaurien.start(PROFILE{flags}, seed=proxies.seed)
    place = proxies.address({proxy})
    {call}  # and here
    assert settled(lambda: faults(proxies, {proxy}), first) == first
"""
_REACHED = """

def test_{ident}_is_reached(vaurien):
    \"\"\"{why}\"\"\"
    proxies = vaurien.start(PROFILE{flags})
    place = proxies.address({proxy})
    {call}  # your program here
    proxies.expect({metric})
{expect}"""


def pytest_file(source: Source) -> str:
    """The file. Its name should begin with `test_`; it reads `source.name` from its own folder."""
    profile = source.profile
    alone = len(profile.proxies) == 1
    specs = [spec for spec in profile.proxies if spec.enabled and (alone or not spec.proxy.startswith("unix:"))]
    faulty = [spec for spec in specs if spec.faults or profile.scenario is not None] or specs[:1]
    tests, names = [], list[str]()
    for spec in faulty:
        ident = identifier(spec.name)
        while ident in names:
            ident += "_"
        names.append(ident)
        tests.append(_test(source, spec, ident, sample(profile, spec, source.registry)))
    body = "".join(tests)
    used = [name for name in STAND_INS if f"{name}(" in body]
    secure = "https=True" in body
    parts = [SECURE_GET if secure and name == "get" else STAND_INS[name] for name in used]
    parts += [text for text, call in ((_FAULTS, "faults("), (_SETTLED, "settled(")) if call in body]
    imports = {module for name in used for module in IMPORTS[name]} | ({"time"} if "settled(" in body else set())
    if secure:
        imports -= {PLAIN_HTTP}
        imports |= {"ssl", "from http.client import HTTPConnection, HTTPException, HTTPSConnection"}
    needs = "The backend has to run." if alone else "The backends have to run, the ports to be free."
    name, shown = quoted(source.name), _prose(source.name)
    head = _HEAD.format(name=shown, profile=name, imports=_imports(imports), needs=needs)
    return head + "".join(parts) + body


def _test(source: Source, spec: ProxySpec, ident: str, found: Sample) -> str:
    by = "conn" if by_connection(spec, source.registry) else "label"
    alone = len(source.profile.proxies) == 1
    filled = {
        "ident": ident,
        "constant": f"{ident.upper()}_FAULTS",
        "proxy": quoted(spec.name),
        # Beside a window that listens there already, too.
        "flags": ', proxy="127.0.0.1:0"' if alone else "",
        "by": ', by="conn"' if by == "conn" else "",
        "call": _call(spec, len(found.requests)),
        "expect": _expectations(source, spec),
    }
    if found.faults is not None:
        return _PREDICTED.format(**filled, faults=_table(found.faults), comment=_COMMENT[by])
    if source.profile.scenario is not None:
        why = "What is broken hangs on the scenario's clock: hold what your program makes of it."
        return _REACHED.format(**filled, why=why, metric=quoted("connections >= 1"))
    if not found.requests:
        why = "Without a login nothing is exchanged or broken: your program's exchanges are."
        return _REACHED.format(**filled, why=why, metric=quoted("connections >= 1"))
    return _REPEATED.format(**filled)


def _call(spec: ProxySpec, count: int) -> str:
    if spec.protocol == "http":
        return f"get(place, {count}{', https=True' if spec.tls == 'terminate' else ''})"
    requests = {
        "redis": f'[f"GET vaurien:{{n}}\\r\\n" for n in range(1, {count + 1})]',
        "memcache": f'[f"get vaurien:{{n}}\\r\\n" for n in range(1, {count + 1})]',
        "tcp": f'[f"vaurien {{n}}\\n" for n in range(1, {count + 1})]',
        "smtp": f'["NOOP\\r\\n"] * {count}',
    }
    return f"send(place, {requests[spec.protocol]})" if count else "connect(place)"


def _expectations(source: Source, spec: ProxySpec) -> str:
    main = source.profile.main
    own = [e for e in source.profile.expectations if e.proxy == spec.name or (not e.proxy and spec is main)]
    if not own:
        return ""
    lines = [f"    # proxies.expect({quoted(expectation_text(item))})  # {item.name}\n" for item in own]
    return "    # What [expect] holds of your program's run:\n" + "".join(lines)


def _table(faults: dict[str, str]) -> str:
    if not faults:
        return "{}"
    return "{\n" + "".join(f"    {quoted(what)}: {quoted(rule)},\n" for what, rule in faults.items()) + "}"


def _imports(modules: set[str]) -> str:
    plain = sorted(m for m in modules if not m.startswith("from "))
    return "\n".join([*(f"import {m}" for m in plain), *sorted(m for m in modules if m.startswith("from "))])


def _prose(text: str) -> str:
    """A file name within a docstring."""
    return text.replace("\\", "/").replace('"', "'")

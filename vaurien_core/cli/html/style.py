"""How the page looks: Okabe-Ito colours, in shades that reach 3:1 on a light and on a dark page."""

from __future__ import annotations

_LIGHT = ("#1A77AE", "#B34F00", "#A3487B", "#946600", "#00795A", "#0072B2", "#7D7500", "#1B1F24")
_DARK = ("#56B4E9", "#F07A1C", "#D98BB6", "#E69F00", "#22B98D", "#56A3DB", "#F0E442", "#E6E9ED")


def _series(colours: tuple[str, ...]) -> str:
    return "".join(f"--c{number}:{colour};" for number, colour in enumerate(colours))


_CLASSES = "".join(
    f".l{n}{{stroke:var(--c{n});fill:none;stroke-width:1.6}}.f{n},.b{n}{{fill:var(--c{n})}}" for n in range(8)
)
CSS = (
    f":root{{--page:#fff;--text:#1b1f24;--soft:#57606a;--edge:#d0d7de;--good:#00664a;--bad:#b3261e;{_series(_LIGHT)}}}"
    "@media(prefers-color-scheme:dark){:root{--page:#16191d;--text:#e6e9ed;--soft:#a5adb8;--edge:#39414b;--good:#4fd1a5;"
    f"--bad:#ff8f85;{_series(_DARK)}}}}}"
    "*{box-sizing:border-box}body{margin:0 auto;padding:24px;max-width:1240px;background:var(--page);color:var(--text);"
    "font:15px/1.5 system-ui,sans-serif}h1{font-size:24px;margin:0 0 12px}h2{font-size:18px;margin:32px 0 8px;"
    "border-bottom:1px solid var(--edge);padding-bottom:4px}small{color:var(--soft);font-weight:normal}"
    ".state{border-left:6px solid;padding:8px 14px;margin:0 0 16px}"
    ".good{color:var(--good)}.bad,.error{color:var(--bad)}"
    ".warning{color:var(--c3)}.none{color:var(--soft)}"
    "dl{display:flex;flex-wrap:wrap;gap:8px 32px;margin:0 0 12px}dt{color:var(--soft);font-size:13px}dd{margin:0;"
    "font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
    "section{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));gap:0 24px}"
    "section>h2,section>dl{grid-column:1/-1}figure{margin:8px 0}figcaption{font-weight:600}figure>svg{width:100%}"
    "svg text{font-size:11px;fill:var(--soft);font-variant-numeric:tabular-nums}.grid{stroke:var(--edge)}"
    f"{_CLASSES}.legend{{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:2px 0;"
    "font-size:13px}"
    ".legend svg{margin-right:6px}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th{text-align:left;font-size:13px;color:var(--soft)}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--edge);vertical-align:top;overflow-wrap:anywhere}"
    "@media print{body{padding:0;max-width:none}figure,tr{break-inside:avoid}}"
)

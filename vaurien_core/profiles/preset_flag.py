"""`--preset NAME`: a preset between the profile and the flags, which win over it."""

from __future__ import annotations

from dataclasses import replace

from vaurien_core.errors import UsageError
from vaurien_core.model.profile import Profile
from vaurien_core.options import values_of
from vaurien_core.profiles.layers import Flags
from vaurien_core.profiles.presets import Preset, applied


def with_preset(profile: Profile, preset: Preset, flags: Flags) -> Profile:
    """The profile with a preset on the proxy that `--behavior` means, less what flags say themselves.

    Args:
        profile: as loaded with these flags.
        preset: to be laid over it.
        flags: section to key to text: a mix and options in them stay as they are.

    Raises:
        UsageError: the profile has several proxies and none is called default, or the preset is for another protocol.
    """
    main = profile.main
    if main is None or (len(profile.proxies) > 1 and main.name != "default"):
        names = ", ".join(spec.name for spec in profile.proxies)
        raise UsageError(f"--preset: expected one proxy, or one named default; the profile has {names}.")
    after = applied(profile, main.name, preset)
    spec = after.proxy(main.name)
    if "behavior" in flags.get("vaurien", {}):
        spec = spec.with_mix(main.mix)
    for section, said in flags.items():
        kind, _, name = section.partition(":")
        if kind == "behavior":
            before, now = main.behavior(name), spec.behavior(name)
            kept = {key: value for key, value in before.options if key in said}
            spec = spec.with_behavior(
                replace(now, type=now.type or before.type, options=values_of({**dict(now.options), **kept}))
            )
    return after.with_proxy(spec)

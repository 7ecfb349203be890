"""`@dataclass(frozen=True, slots=True)` that costs a start little: the same class, made with a fifth of the work.

The standard library compiles six methods of every class while it is imported, half a millisecond each time: some 40 ms
of a start for what it needs of ours. Here a class has the library's fields and slots at once, its comparison, hash and
text are common code, and its `__init__` is compiled when the first object is made. What it does is the same, and
`fields`, `replace`, `match`, `copy` and `pickle` find what they look for. Anything else than frozen with slots, and
classes that inherit fields, are the library's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

_FACTORY = object()
"""The default of an argument whose value a factory makes."""


def _frozen(cls: type) -> type:
    """Make the class."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    compared = [field.name for field in dataclasses.fields(made) if field.compare]
    common: dict[str, Any] = {
        "__init__": _first_init(made), "__repr__": _repr, **_comparing(compared), "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete, "__getstate__": _state, "__setstate__": _restore,
    }  # fmt: skip
    for name, method in common.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    for name in ("init", "repr", "eq", "frozen"):
        setattr(made.__dataclass_params__, name, True)
    return made  # type: ignore[no-any-return]


def _first_init(cls: Any) -> Callable[..., None]:
    """The `__init__` until the first object is made, which puts the written one in its place."""

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807 - it is that method
        cls.__init__ = written = _written(cls)
        written(self, *args, **named)

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def _written(cls: Any) -> Callable[..., None]:
    """The `__init__` that the library would write, with the slots' own setters, which are quicker."""
    known: dict[str, Any] = {"_factory": _FACTORY}
    arguments, by_name, lines = ["self"], ["*"], []
    for field in dataclasses.fields(cls):
        name, made, put = field.name, f"_make_{field.name}", f"_put_{field.name}"
        value, default = name, ""
        if field.default_factory is not dataclasses.MISSING:
            known[made], default = field.default_factory, "=_factory"
            value = f"{made}() if {name} is _factory else {name}" if field.init else f"{made}()"
        elif field.default is not dataclasses.MISSING:
            known[made], default = field.default, f"={made}"
            value = name if field.init else made
        elif not field.init:
            continue
        if field.init:
            (by_name if field.kw_only else arguments).append(f"{name}{default}")
        known[put] = getattr(cls, name).__set__
        lines.append(f" {put}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    arguments += by_name if len(by_name) > 1 else []
    source = "\n".join([f"def __init__({', '.join(arguments)}):", *(lines or [" pass"])])
    exec(source, known)  # noqa: S102 - of names of our own classes, as the library does
    written: Callable[..., None] = known["__init__"]
    written.__qualname__ = f"{cls.__qualname__}.__init__"
    return written


def _comparing(names: list[str]) -> dict[str, Callable[..., Any]]:
    """`__eq__` and `__hash__` by these attributes."""
    values = attrgetter(*names, *(("__class__",) if len(names) < 2 else ()))  # of a single name it makes no tuple

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807 - it is that method
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807 - it is that method
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, **how: bool) -> Any:
        """As the library's; see above."""

        def make(cls: type) -> type:
            inherits = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])
            if inherits or how != {"frozen": True, "slots": True}:
                return dataclasses.dataclass(**how)(cls)
            return _frozen(cls)

        return make if cls is None else make(cls)

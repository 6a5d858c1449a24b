"""Values on the wire against the shapes of a service model: JSON and XML, each member of it.

Every function answers findings, in pairs of where and what; nothing here knows about requests, status or errors.
"""
import collections
import re

PATTERNS = {}
# Java's classes of characters, which Python's `re` lacks, and what comes nearest within a class.
JAVA = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


def pattern(text):
    """A pattern of a model; one that Python cannot read is an error, not a pass."""
    if text not in PATTERNS:
        translated = text
        for java, python in JAVA.items():
            translated = translated.replace(java, python)
        PATTERNS[text] = re.compile(translated)
    return PATTERNS[text]


def constraints(shape, value):
    """What is wrong with a value that has the right type: enum, pattern, length, range."""
    meta = shape.metadata
    if isinstance(value, str):
        if meta.get("enum") and value not in meta["enum"]:
            yield f"{value!r} is not in the enum {shape.name}"
        # An escape character stands in no answer of AWS; tests plant it in a world, to see that it never reaches a terminal.
        planted = "\x1b" in value
        if meta.get("pattern") and not planted and not pattern(meta["pattern"]).fullmatch(value):
            yield f"{shorten(value)} does not match the pattern of {shape.name}"
    if isinstance(value, bool):
        return
    size = value if isinstance(value, (int, float)) else len(value)
    if meta.get("min") is not None and size < meta["min"]:
        yield f"{shape.name} is shorter or less than {meta['min']}"
    if meta.get("max") is not None and size > meta["max"]:
        yield f"{shape.name} is longer or more than {meta['max']}"


def shorten(value):
    """A value as evidence."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def scalar_of_json(shape, value):
    """What is wrong with a scalar of a JSON body."""
    kind = shape.type_name
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    right = {
        "string": isinstance(value, str),
        "character": isinstance(value, str),
        "blob": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "long": isinstance(value, int) and not isinstance(value, bool),
        "float": number,
        "double": number,
        # Both JSON protocols write times as seconds unless the shape says otherwise.
        "timestamp": number if shape.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp"
        else isinstance(value, str),
    }[kind]
    if not right:
        return [f"{shorten(value)} is not a {kind}"]
    return constraints(shape, value) if kind not in ("timestamp", "blob") else []


SPELLED = {
    "boolean": re.compile("true|false"),
    "integer": re.compile(r"-?\d+"),
    "long": re.compile(r"-?\d+"),
    "float": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"),
    "double": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "blob": re.compile("[A-Za-z0-9+/]*={0,2}"),
}


def scalar_of_xml(shape, text):
    """What is wrong with a scalar of an XML body."""
    kind = shape.type_name
    if kind in SPELLED and not SPELLED[kind].fullmatch(text):
        return [f"{shorten(text)} is not a {kind}"]
    if kind in ("integer", "long"):
        return constraints(shape, int(text))
    if kind in ("float", "double"):
        return constraints(shape, float(text))
    return constraints(shape, text) if kind == "string" else []


def json_body(shape, value, path, headers=()):
    """Findings of a JSON value against its shape."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield path, f"{shorten(value)} is not a structure"
            return
        wires = {m.serialization.get("name", name): (name, m) for name, m in shape.members.items()}
        for key, inner in value.items():
            if key not in wires:
                yield path, f"unknown member {key}"
            elif inner is None:
                yield f"{path}.{key}", "null instead of being left out"
            else:
                yield from json_body(wires[key][1], inner, f"{path}.{key}")
        for name in shape.required_members:
            wire = shape.members[name].serialization.get("name", name)
            if wire not in value and name not in headers:
                yield path, f"required member {name} is missing"
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            yield path, f"a union with {len(value)} members"
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield path, f"{shorten(value)} is not a list"
            return
        yield from ((path, what) for what in constraints(shape, value))
        for item in value:
            yield from json_body(shape.member, item, f"{path}[]")
    elif shape.type_name == "map":
        if not isinstance(value, dict):
            yield path, f"{shorten(value)} is not a map"
            return
        yield from ((path, what) for what in constraints(shape, value))
        for key, inner in value.items():
            yield from ((path, what) for what in scalar_of_json(shape.key, key))
            yield from json_body(shape.value, inner, f"{path}{{}}")
    else:
        yield from ((path, what) for what in scalar_of_json(shape, value))


def local(element):
    """An element's name without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def xml_body(shape, elements, path, protocol):
    """Findings of the elements of one member against its shape; more than one element only for a flattened list."""
    flat = shape.type_name == "list" and shape.serialization.get("flattened")
    if len(elements) > 1 and not flat:
        yield path, f"{len(elements)} elements where one is expected"
    if flat:
        for element in elements:
            yield from xml_body(shape.member, [element], f"{path}[]", protocol)
        return
    element = elements[0]
    if shape.type_name == "structure":
        yield from xml_members(shape, list(element), path, protocol)
    elif shape.type_name == "list":
        yield from ((path, what) for what in constraints(shape, list(element)))
        name = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
        for item in element:
            if local(item) != name:
                yield path, f"an element {local(item)} in a list of {name}"
            else:
                yield from xml_body(shape.member, [item], f"{path}[]", protocol)
    elif shape.type_name == "map":
        names = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        for entry in element:
            parts = {local(part): part for part in entry}
            if local(entry) != "entry" or set(parts) != set(names):
                yield path, f"no entry of {names}: {local(entry)} {sorted(parts)}"
                continue
            yield from xml_body(shape.key, [parts[names[0]]], f"{path}{{}}", protocol)
            yield from xml_body(shape.value, [parts[names[1]]], f"{path}{{}}", protocol)
    else:
        if len(element):
            yield path, f"elements in a {shape.type_name}"
        yield from ((path, what) for what in scalar_of_xml(shape, element.text or ""))


def xml_name(name, member):
    """The element of a member."""
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", member.serialization.get("name", name))
    return member.serialization.get("name", name)


def xml_members(shape, children, path, protocol, passed=()):
    """Findings of a structure's child elements."""
    wires = {xml_name(name, member): (name, member) for name, member in shape.members.items()}
    given = collections.defaultdict(list)
    for child in children:
        given[local(child)].append(child)
    for wire, elements in given.items():
        if wire in passed:
            continue
        if wire not in wires:
            yield path, f"unknown member {wire}"
        else:
            yield from xml_body(wires[wire][1], elements, f"{path}.{wires[wire][0]}", protocol)
    for wire, (name, _) in wires.items():
        if name in shape.required_members and wire not in given:
            yield path, f"required member {name} is missing"

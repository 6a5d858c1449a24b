#!/usr/bin/env python3
"""Judges raw exchanges of the sandbox's AWS side by botocore's service models, untrimmed.

    judge.py [--listed FILE] [--strict] [--brief] DIRECTORY...

Reads the *.jsonl files that FSXCTL_SANDBOX_EXCHANGES=DIRECTORY left and prints one JSON document: how many exchanges
of which operation were judged, and every finding (--brief: a line and the findings). Exits 1 when a finding is not listed or nothing was judged; with --strict also when a
listed one was not found.

A request of fsxctl must be what botocore's validator takes and byte for byte (up to order and escaping) what its
serializer makes of the same input. An answer must be read by botocore's parser, hold no member that the model does not
know, lack none that it requires, and be an error only with a code that the operation declares or AWS documents for
all operations of the service. Answers that a test injected are no answers of the sandbox and are passed over.
"""
import argparse
import base64
import collections
import json
import pathlib
import re
import sys
import urllib.parse
from xml.etree import ElementTree

import botocore
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import botocore.utils
import botocore.validate

import common

LOADER = botocore.loaders.Loader()
SERVICES = {}

CONTENT_TYPES = {
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
    "query": "text/xml",
    "ec2": "text/xml;charset=UTF-8",
}


class Service:
    """A service model with what reads and writes its protocol."""

    def __init__(self, name):
        self.name = name
        self.model = botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"), name)
        self.protocol = self.model.metadata["protocol"]
        self.parser = botocore.parsers.create_parser(self.protocol)
        self.serializer = botocore.serialize.create_serializer(self.protocol, include_validation=False)
        self.namespace = self.model.metadata.get("xmlNamespace")
        if self.protocol == "ec2":
            self.namespace = f"http://ec2.amazonaws.com/doc/{self.model.api_version}/"


def service(name):
    """The model of a service; None for one that botocore does not know."""
    if name not in SERVICES:
        try:
            SERVICES[name] = Service(name)
        except botocore.exceptions.UnknownServiceError:
            SERVICES[name] = None
    return SERVICES[name]


# ---------------------------------------------------------------------------------------------- scalars

PATTERNS = {}
# Java's names of character classes, which Python's `re` does not know.
JAVA = {r"\p{Alnum}": "A-Za-z0-9", r"\p{Alpha}": "A-Za-z", r"\p{L}": r"^\W\d_", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


def pattern(text):
    """A pattern of a model, or None when Python cannot read it."""
    if text not in PATTERNS:
        try:
            PATTERNS[text] = re.compile(text)
        except re.error:
            PATTERNS[text] = None
    return PATTERNS[text]


def constraints(shape, value):
    """What is wrong with a value that has the right type: enum, pattern, length, range."""
    meta = shape.metadata
    if isinstance(value, str):
        if meta.get("enum") and value not in meta["enum"]:
            yield f"{value!r} is not in the enum {shape.name}"
        if meta.get("pattern") and (expression := pattern(meta["pattern"])) and not expression.fullmatch(value):
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


# ---------------------------------------------------------------------------------------------- bodies

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


# ---------------------------------------------------------------------------------------------- answers

def success(of, operation, answer, body):
    """Findings of an answer that is no error."""
    wanted = operation.http.get("responseCode", 200)
    if answer["status"] != wanted:
        yield "status", f"{answer['status']} instead of {wanted}"
    shape = operation.output_shape
    if of.protocol in ("json", "rest-json"):
        if not body:
            if shape is not None:
                yield "body", "is empty"
            return
        value = json.loads(body)
        if shape is None:
            if value:
                yield "body", f"the operation has no output, but there is {shorten(value)}"
            return
        yield from json_body(shape, value, operation.name)
        return
    root = ElementTree.fromstring(body)
    if root.tag != f"{{{of.namespace}}}{operation.name}Response":
        yield "body", f"the root is {root.tag}"
    children = list(root)
    if of.protocol == "ec2":
        if not root.findtext(f"{{{of.namespace}}}requestId"):
            yield "body", "no requestId"
        if shape is None:
            # An operation without output says `return`: docs.aws.amazon.com/AWSEC2/latest/APIReference, each page.
            children = [child for child in children if local(child) != "return"]
        given = shape or botocore.model.StructureShape("Nothing", {"type": "structure", "members": {}})
        yield from xml_members(given, children, operation.name, of.protocol, passed=("requestId",))
        return
    if not root.findtext(f"{{{of.namespace}}}ResponseMetadata/{{{of.namespace}}}RequestId"):
        yield "body", "no ResponseMetadata/RequestId"
    inner = [child for child in children if local(child) != "ResponseMetadata"]
    if shape is None:
        if inner:
            yield "body", f"the operation has no output, but there is {local(inner[0])}"
        return
    wrapper = shape.serialization.get("resultWrapper")
    if [local(child) for child in inner] != [wrapper]:
        yield "body", f"{[local(child) for child in inner]} instead of {wrapper}"
        return
    yield from xml_members(shape, list(inner[0]), operation.name, of.protocol)


def refusal(of, operation, answer, body):
    """Findings of an error."""
    parsed = of.parser.parse({"status_code": answer["status"], "headers": headers(answer), "body": body},
                             operation.output_shape)
    code = parsed["Error"]["Code"]
    if not parsed["Error"].get("Message"):
        yield code, "no message"
    declared = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in operation.error_shapes}
    shape = declared.get(code)
    if shape is not None:
        wanted = shape.metadata.get("error", {}).get("httpStatusCode", 500 if shape.metadata.get("fault") else 400)
    elif (wanted := common.status(of.name, operation.name, code)) is None:
        yield code, "the operation does not declare this error"
        return
    if answer["status"] != wanted:
        yield code, f"status {answer['status']} instead of {wanted}"
    if of.protocol in ("json", "rest-json"):
        given = {key: value for key, value in json.loads(body).items() if key != "__type"}
        # Errors have their message under either name, and botocore reads both.
        if shape is None or not {"message", "Message"} & set(shape.members):
            given = {key: value for key, value in given.items() if key not in ("message", "Message")}
        shape = shape or botocore.model.StructureShape("Nothing", {"type": "structure", "members": {}})
        yield from json_body(shape, given, code)
        return
    root = ElementTree.fromstring(body)
    if of.protocol == "ec2":
        names = [local(element) for element in root.iter()]
        if names != ["Response", "Errors", "Error", "Code", "Message", "RequestID"]:
            yield code, f"an error of the elements {names}"
        return
    if {element.tag.partition("}")[0][1:] for element in root.iter()} != {of.namespace}:
        yield code, "another namespace"
    names = [local(element) for element in root.iter()]
    if names != ["ErrorResponse", "Error", "Type", "Code", "Message", "RequestId"]:
        yield code, f"an error of the elements {names}"


def headers(side):
    """Headers as botocore's parsers want them: without regard to case."""
    return botocore.utils.HeadersDict(side["headers"]) if hasattr(botocore.utils, "HeadersDict") else {
        **side["headers"], **{name.lower(): value for name, value in side["headers"].items()}}


def judged_answer(of, operation, exchange):
    """Findings of an answer."""
    answer = exchange["answer"]
    body = base64.b64decode(answer["body"])
    if answer["headers"].get("content-type") != CONTENT_TYPES[of.protocol] and body:
        yield "content-type", f"is {answer['headers'].get('content-type')!r}"
    if not answer["headers"].get("x-amzn-requestid"):
        yield "headers", "no x-amzn-requestid"
    try:
        if answer["status"] >= 400:
            yield from refusal(of, operation, answer, body)
            return
        yield from success(of, operation, answer, body)
        parsed = of.parser.parse({"status_code": answer["status"], "headers": headers(answer), "body": body},
                                 operation.output_shape)
    except (ValueError, KeyError, ElementTree.ParseError, botocore.parsers.ResponseParserError) as why:
        yield "body", f"botocore cannot read it: {type(why).__name__}: {why}"
        return
    parsed.pop("ResponseMetadata", None)
    if operation.output_shape is not None:
        report = botocore.validate.ParamValidator().validate(parsed, operation.output_shape)
        for line in filter(None, report.generate_report().split("\n")):
            yield "as botocore read it", line


# ---------------------------------------------------------------------------------------------- requests

def with_blobs(shape, value):
    """The input with its blobs as bytes, as a program would give it to botocore."""
    if shape.type_name == "structure":
        return {key: with_blobs(shape.members[key], inner) if key in shape.members else inner
                for key, inner in value.items()}
    if shape.type_name == "list":
        return [with_blobs(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: with_blobs(shape.value, inner) for key, inner in value.items()}
    return base64.b64decode(value) if shape.type_name == "blob" else value


def input_constraints(shape, value, path):
    """Enums, patterns and lengths, which botocore's own validator leaves to the service."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from input_constraints(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        yield from ((path, what) for what in constraints(shape, value))
        for item in value:
            yield from input_constraints(shape.member, item, f"{path}[]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from input_constraints(shape.key, key, f"{path}{{}}")
            yield from input_constraints(shape.value, inner, f"{path}{{}}")
    elif shape.type_name not in ("timestamp", "blob"):
        yield from ((path, what) for what in constraints(shape, value))


def form(text):
    """A form as a list of pairs, in order of names."""
    return sorted(urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))


def same_bytes(of, operation, request, given):
    """What differs between the request and the one that botocore makes of the same input."""
    made = of.serializer.serialize_to_request(given, operation)
    body = base64.b64decode(request["body"])
    path, _, query = request["path"].partition("?")
    if request["method"] != made["method"]:
        yield "method", f"{request['method']} instead of {made['method']}"
    if of.protocol in ("query", "ec2"):
        wanted = sorted((key, str(value)) for key, value in made["body"].items())
        sent = form(body.decode())
        for pair in [pair for pair in sent if pair not in wanted]:
            yield "body", f"sends {pair[0]}, which botocore does not"
        for pair in [pair for pair in wanted if pair not in sent]:
            yield "body", f"does not send {pair[0]} as botocore does"
        return
    if of.protocol == "json" and request["headers"].get("x-amz-target") != made["headers"]["X-Amz-Target"]:
        yield "x-amz-target", f"is {request['headers'].get('x-amz-target')!r}"
    wanted = json.loads(made["body"] or "{}")
    sent = json.loads(body or b"{}")
    if sent != wanted:
        yield "body", f"{shorten(sent)} instead of {shorten(wanted)}"
    if of.protocol == "rest-json":
        if urllib.parse.unquote(path) != urllib.parse.unquote(made["url_path"]):
            yield "path", f"{path} instead of {made['url_path']}"
        pairs = made["query_string"].items() if hasattr(made["query_string"], "items") else made["query_string"]
        listed = [(key, one) for key, value in pairs for one in (value if isinstance(value, list) else [value])]
        if form(query) != sorted((key, str(one)) for key, one in listed):
            yield "query", f"{query} instead of {listed}"


def judged_request(of, operation, exchange):
    """Findings of a request of fsxctl."""
    request = exchange["request"]
    if exchange["answer"]["status"] == 501 or not isinstance(request["input"], dict):
        yield "input", "the sandbox cannot decode it"
        return
    if operation.input_shape is None:
        return
    given = with_blobs(operation.input_shape, request["input"])
    report = botocore.validate.ParamValidator().validate(given, operation.input_shape)
    if report.has_errors():
        yield from (("input", line) for line in report.generate_report().split("\n"))
        return
    yield from input_constraints(operation.input_shape, request["input"], operation.name)
    yield from same_bytes(of, operation, request, given)


# ---------------------------------------------------------------------------------------------- all of them

def is_of_fsxctl(exchange):
    """Whether the program under test sent it: the SDK puts its application's name into the User-Agent."""
    return "app/fsxctl" in exchange["agent"].split()


class Judgement:
    """What came of all exchanges."""

    def __init__(self):
        self.counts = collections.Counter()
        self.operations = collections.defaultdict(collections.Counter)
        self.findings = {}

    def note(self, exchange):
        """Judges one exchange."""
        self.counts["exchanges"] += 1
        if exchange["injected"]:
            self.counts["injected"] += 1
            return
        of = service(exchange["service"])
        known = of is not None and exchange["operation"] in of.model.operation_names
        if not known:
            self.counts["of no known operation"] += 1
            return
        name = f"{exchange['service']}:{exchange['operation']}"
        if exchange["answer"]["body"] is None:
            self.counts["too large to be kept"] += 1
            return
        if exchange["answer"]["status"] == 501 and not is_of_fsxctl(exchange):
            self.counts["not served"] += 1
            return
        operation = of.model.operation_model(exchange["operation"])
        side = "refusals" if exchange["answer"]["status"] >= 400 else "answers"
        self.operations[name][side] += 1
        self.add(name, "answer", judged_answer(of, operation, exchange), exchange)
        if is_of_fsxctl(exchange):
            self.operations[name]["requests"] += 1
            self.add(name, "request", judged_request(of, operation, exchange), exchange)

    def add(self, name, side, found, exchange):
        """Keeps findings, each once with its number and the first exchange that has it."""
        for where, what in found:
            key = (name, side, where, what)
            entry = self.findings.setdefault(key, {
                "operation": name, "side": side, "where": where, "what": what, "times": 0,
                "example": exchange["request"]["input"], "file": exchange["file"]})
            entry["times"] += 1


def exchanges(directories):
    """All exchanges of some directories, in order of their files' names."""
    for directory in directories:
        for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    yield {**json.loads(line), "file": str(path)}


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("--listed", type=pathlib.Path, help="differences that are known, with their reasons")
    words.add_argument("--strict", action="store_true", help="a listed difference must be found as well")
    words.add_argument("--brief", action="store_true", help="a line, and the findings")
    words.add_argument("directories", nargs="+", type=pathlib.Path)
    given = words.parse_args()
    judgement = Judgement()
    for exchange in exchanges(given.directories):
        judgement.note(exchange)
    known = common.Known(common.listed(given.listed, "botocore"))
    text = lambda finding: f"{finding['side']} {finding['where']}: {finding['what']}"
    unlisted = [finding for finding in judgement.findings.values() if not known.covers(finding["operation"], text(finding))]
    empty = not judgement.operations
    if given.brief:
        print(f"botocore {botocore.__version__} read {judgement.counts['exchanges']} exchanges of "
              f"{len(judgement.operations)} operations; findings: {len(unlisted)}")
        print("".join(f"{json.dumps(finding)}\n" for finding in unlisted), end="")
    else:
        print(json.dumps({
            "botocore": botocore.__version__,
            "counts": judgement.counts,
            "operations": {name: judgement.operations[name] for name in sorted(judgement.operations)},
            "listed": known.operations(),
            "unused": known.unused(),
            "findings": unlisted,
        }, indent=1))
    sys.exit(1 if unlisted or empty or given.strict and known.unused() else 0)


if __name__ == "__main__":
    main()

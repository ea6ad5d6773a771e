#!/usr/bin/python3
"""schemas/ as an editor sees them: valid JSON Schema 2020-12, and of the same opinion as joulerig on the files in tests/config.

Good files must validate. Of bad ones marked `#! schema` a validator must find every mistake that joulerig does; those without
the mark hold what no JSON Schema can say, or are no YAML at all. Files are read as an editor reads them: YAML 1.2, where `on`
and a date are text.
"""

import json
import pathlib
import re
import sys
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
CORPUS = ROOT / "tests" / "config"
Validator = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)

# What host/config/walker*.c obeys, and what it may ignore since it is there for readers.
OBEYED = {
    "type", "properties", "required", "dependentRequired", "additionalProperties", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "items", "minItems", "maxItems", "uniqueItems", "enum", "const", "minimum", "maximum",
    "minLength", "maxLength", "pattern", "oneOf", "anyOf", "$ref", "x-quantity", "x-minimum", "x-maximum", "x-expected",
}
READ = {"$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples"}
DIMENSIONS = {"time", "power", "energy", "voltage", "current", "frequency", "ratio", "temperature", "bytes"}
# Samples of host/core/units.c's grammar: tests/unit/core/units_test.c says the same of it.
TAKEN = {"time": ["250 ms", "5ms", "5  ms", "1e3 us", "1.5 h", "+1 s"], "ratio": ["0.1 %", "0.05%", "50 ppm", "0.001"],
         "power": ["1 W", "500 mW", "1.1 kW"], "voltage": ["300 V"], "current": ["500 mA"], "frequency": ["50 Hz", "1.5 kHz"]}
REFUSED = ["", "0.01abc", "10k", "nan", "0,01", "1e", " 5 ms", "5 ms ", ".5 s", "5. s", "0x10 s", "1 parsec", "5\tms"]


class Yaml12(yaml.SafeLoader):
    """YAML 1.2's core schema: PyYAML knows 1.1, where `on` is true and 2026-01-15 a date."""


Yaml12.yaml_implicit_resolvers = {}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
Yaml12.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
Yaml12.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.inf$|^\.nan$"), list("-+.0123456789"))
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
Yaml12.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(re.sub(r"\.(?=inf|nan)", "", node.value)))


def schema_named(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def validator_of(path):
    return Validator(schema_named(path.name.split("-")[0]))


def subschemas(schema):
    """A schema and every schema inside it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "patternProperties", "$defs"):
        for value in schema.get(key, {}).values():
            yield from subschemas(value)
    for key in ("items", "additionalProperties", "propertyNames"):
        yield from subschemas(schema.get(key))
    for key in ("oneOf", "anyOf"):
        for value in schema.get(key, []):
            yield from subschemas(value)


def position_of(text, path):
    """Line and column of the value at a path of keys and indices."""
    node = yaml.compose(text, Loader=Yaml12)
    for step in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[step]
        else:
            node = next(value for key, value in node.value if key.value == str(step))
    return node.start_mark.line + 1, node.start_mark.column + 1


def is_of_keys(error):
    of_maps = ("additionalProperties", "required", "dependentRequired", "uniqueItems")
    return error.validator in of_maps or "propertyNames" in error.schema_path


def with_alternatives(errors):
    """Errors, and what is wrong with each alternative where none was taken."""
    for error in errors:
        yield error
        yield from with_alternatives(error.context)


def has_counterpart(position, message, errors, text):
    """Whether a validator found what joulerig says in `message`: it reports keys at their map, values at themselves."""
    quoted = re.search(r'"([^"]*)"', message)
    name = quoted.group(1) if quoted else ""

    def any_of(validator):
        return any(e.validator == validator and repr(name) in e.message for e in errors)

    if message.startswith("unknown key"):
        return any_of("additionalProperties")
    if re.match(r"(\w+: )?missing key", message):
        return any_of("required")
    if "only together with" in message:
        return any_of("dependentRequired")
    if "is given twice" in message:
        return any(e.validator == "uniqueItems" for e in errors)
    if re.match(r'".*" is not (a name|the name)', message):
        return any("propertyNames" in e.schema_path and e.instance == name for e in errors)
    column = 1 if "no value" in message else 0  # PyYAML puts an empty value one character before libyaml
    where = (position[0], position[1] - column)
    return any(not is_of_keys(e) and position_of(text, e.absolute_path) in (where, position) for e in errors)


ALL = sorted(SCHEMAS.glob("*.schema.json"))
WALKED = [path for path in ALL if path.name not in ("export.schema.json", "judged.schema.json")]  # those are of what joulerig writes


class Schemas(unittest.TestCase):
    def each(self, paths, check):
        for path in paths:
            with self.subTest(schema=path.name):
                check(json.loads(path.read_text()))

    def test_valid(self):
        self.each(ALL, Validator.check_schema)

    def test_the_walker_knows_every_keyword(self):
        def check(schema):
            for sub in subschemas(schema):
                self.assertEqual(set(sub) - OBEYED - READ, set())
                if "$ref" in sub:
                    self.assertIn(sub["$ref"].removeprefix("#/$defs/"), schema["$defs"])
        self.each(WALKED, check)

    def test_keys_are_described(self):
        def check(schema):
            for sub in subschemas(schema):
                for key, value in sub.get("properties", {}).items():
                    target = schema["$defs"][value["$ref"].removeprefix("#/$defs/")] if "$ref" in value else {}
                    self.assertTrue("description" in value or "description" in target, f"{key} has no description")
        self.each(WALKED, check)

    def test_patterns_of_quantities(self):
        def check(schema):
            for sub in subschemas(schema):
                if "x-quantity" not in sub or "$ref" in sub:
                    continue
                self.assertIn(sub["x-quantity"], DIMENSIONS)
                signed = "x-minimum" not in sub
                for text in TAKEN.get(sub["x-quantity"], []) if not signed else []:
                    self.assertRegex(text, sub["pattern"])
                for text in REFUSED + (["5", "0.1"] if sub["x-quantity"] != "ratio" else []) + ([] if signed else ["-1 s", "-1"]):
                    self.assertNotRegex(text, sub["pattern"])
        self.each(WALKED, check)


class Corpus(unittest.TestCase):
    def each(self, folder, check):
        paths = sorted((CORPUS / folder).glob("*.yaml"))
        self.assertGreater(len(paths), 3)
        for path in paths:
            with self.subTest(file=f"{folder}/{path.name}"):
                check(path, path.read_text())

    def test_good(self):
        def check(path, text):
            errors = validator_of(path).iter_errors(yaml.load(text, Loader=Yaml12))
            self.assertEqual([f"{list(e.path)}: {e.message}" for e in errors], [])
        self.each("good", check)

    def test_bad(self):
        def check(path, text):
            if "#! schema\n" not in text:
                return
            errors = list(with_alternatives(validator_of(path).iter_errors(yaml.load(text, Loader=Yaml12))))
            for line, column, message in re.findall(r"^#! (\d+):(\d+) (.*)$", text, re.M):
                found = has_counterpart((int(line), int(column)), message, errors, text)
                self.assertTrue(found, f"the editor does not object: {line}:{column} {message}")
            self.assertTrue(errors, "the editor does not object to anything")
        self.each("bad", check)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)

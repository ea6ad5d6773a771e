#!/usr/bin/python3
"""export_test.py EXPORT.json [EXPORT.csv]: holds a JSON export against schemas/export.schema.json, and a CSV export of the
same campaign against it, number by number. Exits with 1 and says each difference."""
import csv
import json
import math
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "schemas" / "export.schema.json"
FORMULA = "=+-@\t\r"

RUN_COLUMNS = ["run", "slot", "attempt", "repetition", "block", "order", "workload", "point", "arm", "phase", "status", "reason",
               "checksum", "exit_code", "signal", "rapl_fraction", "gate_failed", "cpu_s", "peak_rss_B", "peak_vms_B",
               "overhead_cpu_s", "simulated"]
BRACKET_COLUMNS = ["start_time", "start_ns", "stop_ns", "u_start_ns", "u_stop_ns", "duration_s"]


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def schema_errors(export):
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    if schema == {}:
        yield "the schema is empty"
    for error in validator.iter_errors(export):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def energies(run):
    """The CSV's energy columns as the JSON export has them."""
    sources = {source["name"]: source for source in run["sources"]}
    columns = {}
    for name, quantities in (("wall", ("gross", "net", "caused")), ("rapl", ("gross", "net"))):
        for quantity in quantities:
            joules = sources.get(name, {}).get(quantity, {})
            columns[f"{name}_{quantity}_J"] = joules.get("value")
            columns[f"{name}_{quantity}_U_J"] = joules.get("U")
    columns["wall_tail_J"] = sources.get("wall", {}).get("tail_J")
    columns["wall_power_W"] = sources.get("wall", {}).get("power_W")
    return columns


def expected_row(run):
    row = {name: run[name] for name in RUN_COLUMNS}
    row.update({name: run["bracket"][name] for name in BRACKET_COLUMNS})
    row.update(energies(run))
    return row


def same(field, value):
    if value is None:
        return field == ""
    if isinstance(value, bool):
        return field == ("true" if value else "false")
    if isinstance(value, int):
        return field == str(value)
    if isinstance(value, float):
        return field != "" and float(field) == value and math.isfinite(value)
    return field == ("'" if value[:1] in FORMULA and value else "") + value


def csv_errors(export, rows):
    if len(rows) != len(export["runs"]):
        yield f"CSV has {len(rows)} lines, JSON {len(export['runs'])} runs"
    for line, (row, run) in enumerate(zip(rows, export["runs"]), start=2):
        expected = expected_row(run)
        if set(row) != set(expected):
            yield f"line {line}: columns differ: {set(row) ^ set(expected)}"
            continue
        for name, value in expected.items():
            if not same(row[name], value):
                yield f"line {line}, {name}: CSV {row[name]!r}, JSON {value!r}"


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    export = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"), parse_constant=refuse_constant)
    errors = list(schema_errors(export))
    if len(arguments) == 2:
        with open(arguments[1], encoding="utf-8", newline="") as stream:
            errors += csv_errors(export, list(csv.DictReader(stream, strict=True)))
    for error in errors:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
    print(f"{len(export.get('runs', []))} runs checked, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

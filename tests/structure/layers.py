"""The rules of the house that a compiler does not check, as a test.

1. Each layer includes only what stands below it (the table of the design; the sources' real dependencies come from the compiler).
2. Only host/cli (and the twin's main) prints or exits; only host/store calls HDF5; GSL is used by one file.
3. What runs for every sample neither allocates, locks nor formats: the call graph from the step functions down to the ring and
   the journal is walked in the object code.
4. The firmware's logic includes schemas/rig_wire.h and itself, of the C library only what a compiler brings without one, and calls
   nothing that is not its own but memcpy, memset and memcmp.

usage: layers.py BUILD_DIR        (a non-sanitized build of everything)
       layers.py --self-test      (plants each kind of violation and sees it found)
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# folder -> folders whose headers it may include, beside its own
LAYERS = {
    "host/core": [],
    "host/config": ["host/core"],
    "host/analysis": ["host/core"],
    "drivers": ["host/core"],
    "host/store": ["host/analysis", "host/core"],
    "host/bench": ["drivers", "host/config", "host/core"],
    "host/dut": ["host/core"],
    "host/campaign": ["host/store", "host/bench", "host/dut", "drivers", "host/analysis", "host/config", "host/core"],
    "host/report": ["host/campaign", "host/store", "host/analysis", "host/core"],
    "host/twin": ["host/config", "host/core"],
    "host/cli": ["host/report", "host/campaign", "host/store", "host/bench", "host/dut", "drivers", "host/analysis", "host/config",
                 "host/core"],
    "firmware/logic": [], # and schemas/, which both sides include
}
PRINTING = ["host/cli", "host/twin/main"]
PRINTS = re.compile(r"^(_IO_putc|v?f?printf|__v?f?printf_chk|puts|putchar|fputs|fputc|fwrite|perror|exit|quick_exit|stdout|stderr)$")
GSL_FILE = "host/analysis/statistics.c"

# Where per-sample work starts, by function name, in these folders; and what it may call although that allocates or formats:
# failing is not sampling, nor is coming back after an instrument was gone.
# What links do is reached through pointers, and what a polled device does (meters/polled.h): those are roots themselves.
ROOTS = {"drivers": re.compile(r"(^|(?<!settings)_)(step|sample|read|meet|set_up|status|ranges_hold)$|^(stream|vxi11|fault)_(send|recv|clear)$|^fault_(emit|unread)$"), "host/bench": re.compile(r"^(run|emit|bench_drain|bench_wait|bench_sample)$"),
         "host/core": re.compile(r"^ring_(push|peek|pop)$"), "host/store": re.compile(r"^journal_append$")}
NOT_SAMPLING = {"error_set", "error_errno", "link_reopen", "reopen_counter", "sysfs_reopen", "ipmi_reopen", "settings_apply", "settings_command",
                "setting_holds"}
FORBIDDEN_PER_SAMPLE = re.compile(r"^(malloc|calloc|realloc|aligned_alloc|free|strdup|pthread_mutex_\w+|__v?s?n?printf_chk|v?s?n?printf|"
                                  r"v?f?printf|puts|putchar|fputs|H5\w+|fdatasync|fsync|open|open64|fopen)$")


FIRMWARE = "firmware/logic/"
FREESTANDING = {"limits.h", "stdalign.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}
FIRMWARE_MAY_CALL = {"memcpy", "memset", "memcmp", "__stack_chk_fail"}


def layer_of(path):
    matches = [layer for layer in LAYERS if path.startswith(layer + "/")]
    return max(matches, key=len) if matches else None


def include_violations(source, headers):
    """`headers` are paths relative to the root."""
    layer = layer_of(source)
    allowed = [layer] + LAYERS[layer]
    found = []
    for header in headers:
        other = layer_of(header)
        if other and other not in allowed:
            found.append(f"{source}: includes {header}; {layer} may include only {', '.join(allowed)}")
    if source.startswith("drivers/") and any("twin" in h and h.startswith("host/") for h in headers):
        found.append(f"{source}: a driver shares nothing with a twin")
    return found


def symbol_violations(source, symbols):
    found = []
    if not any(source.startswith(p + "/") for p in PRINTING):
        found += [f"{source}: uses {s}; only {' and '.join(PRINTING)} may print or exit" for s in symbols if PRINTS.match(s)]
    if not source.startswith("host/store/"):
        found += [f"{source}: uses {s}; only host/store may" for s in symbols if re.match(r"^H5[A-Z]", s)]
    if source != GSL_FILE:
        found += [f"{source}: uses {s}; only {GSL_FILE} may" for s in symbols if s.startswith("gsl_")]
    return found


def firmware_violations(text, undefined, defined):
    """`text`: {source: its text} of the firmware's logic; `undefined`: {source: symbols}; `defined`: what the layer itself has."""
    found = []
    for source, lines in text.items():
        found += [f"{source}: includes <{name}>; the firmware has no C library" for name in re.findall(r"#include <([^>]+)>", lines)
                  if name not in FREESTANDING]
        if "SPDX-License-Identifier: Apache-2.0" not in lines:
            found.append(f"{source}: is not under Apache-2.0, as all of the firmware is")
    for source, symbols in undefined.items():
        found += [f"{source}: uses {s}; the firmware's logic may call only itself and {', '.join(sorted(FIRMWARE_MAY_CALL))}"
                  for s in symbols if s not in defined and s not in FIRMWARE_MAY_CALL]
    return found


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sources(build):
    """(source relative to the root, its compile command, its object) of every file of ours."""
    for entry in json.load(open(os.path.join(build, "compile_commands.json"))):
        source = os.path.relpath(entry["file"], ROOT)
        if layer_of(source):
            command = entry["command"].split()
            yield source, command, os.path.join(entry["directory"], command[command.index("-o") + 1])


def headers_of(command):
    dependencies = run(*[c for c in command if c not in ("-c",)][:command.index("-o")], "-MM", command[-1])
    names = dependencies.replace("\\\n", " ").split(":", 1)[1].split()
    paths = [os.path.relpath(os.path.realpath(n), ROOT) for n in names]
    return [p for p in paths if p.endswith(".h") and not p.startswith("..")]


def undefined_symbols(obj):
    return [line.split()[-1].split("@")[0] for line in run("nm", "-u", obj).splitlines() if line.strip()]


def defined_symbols(obj):
    return {line.split()[-1] for line in run("nm", "--defined-only", obj).splitlines() if line.strip()}


def calls_of(obj):
    """{function: set of functions it calls or jumps to}, from the disassembly with relocations."""
    calls, current = {}, None
    for line in run("objdump", "-dr", "--no-show-raw-insn", obj).splitlines():
        head = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        if head:
            current = re.sub(r"\.(part|cold|constprop|isra)\.?\d*", "", head.group(1))
            calls.setdefault(current, set())
            continue
        local = re.search(r"\b(?:call|jmp)\w*\s+[0-9a-f]+ <([^>+]+)(\+0x[0-9a-f]+)?>", line)
        if local and current:
            calls[current].add(re.sub(r"\.(part|cold|constprop|isra)\.?\d*", "", local.group(1)))
            continue
        relocation = re.search(r"R_\w+\s+([A-Za-z_]\w*)", line)
        if relocation and current:
            calls[current].add(relocation.group(1))
    return calls


def per_sample_violations(graphs):
    """`graphs`: {source: {function: calls}}. Static functions are looked up in their own file first."""
    public = {}
    for source, graph in graphs.items():
        for function in graph:
            public.setdefault(function, []).append(source)
    found, seen = [], set()
    work = [(source, function, function) for source, graph in graphs.items() for function in graph
            if ROOTS.get(layer_of(source)) and ROOTS[layer_of(source)].search(function)]
    roots = len(work)
    while work:
        source, function, trail = work.pop()
        if (source, function) in seen or function in NOT_SAMPLING:
            continue
        seen.add((source, function))
        for callee in sorted(graphs[source].get(function, ())):
            if FORBIDDEN_PER_SAMPLE.match(callee):
                found.append(f"{source}: {trail} -> {callee}: not on the sampling path")
            elif callee in graphs[source]:
                work.append((source, callee, f"{trail} -> {callee}"))
            elif len(public.get(callee, ())) == 1:
                work.append((public[callee][0], callee, f"{trail} -> {callee}"))
    return found, roots, len(seen)


def check(build):
    found, graphs, n = [], {}, 0
    undefined, defined = {}, set()
    for source, command, obj in sources(build):
        n += 1
        found += include_violations(source, headers_of(command))
        found += symbol_violations(source, undefined_symbols(obj))
        if layer_of(source) in ROOTS:
            graphs[source] = calls_of(obj)
        if source.startswith(FIRMWARE):
            undefined[source] = undefined_symbols(obj)
            defined |= defined_symbols(obj)
    sampling, roots, reached = per_sample_violations(graphs)
    found += sampling
    folder = os.path.join(ROOT, FIRMWARE)
    text = {FIRMWARE + name: open(os.path.join(folder, name), encoding="utf-8").read() for name in sorted(os.listdir(folder))}
    found += firmware_violations(text, undefined, defined)
    if n < 20 or roots < 5 or len(undefined) < 5:
        found.append(f"only {n} files and {roots} roots seen: the check itself is broken")
    print("\n".join(found))
    print(f"{n} files, {roots} per-sample roots reaching {reached} functions, {len(found)} violations")
    return 1 if found else 0


def self_test():
    assert include_violations("host/core/x.c", ["host/store/run.h"])
    assert include_violations("host/store/x.c", ["host/campaign/plan.h"])
    assert include_violations("drivers/meters/x.c", ["host/config/document.h"])
    assert not include_violations("host/store/x.c", ["host/analysis/result.h", "host/core/error.h"])
    assert include_violations("firmware/logic/x.c", ["host/core/ring.h"])
    assert include_violations("drivers/rig/x.c", ["firmware/logic/frame.h"])
    assert not include_violations("firmware/logic/x.c", ["schemas/rig_wire.h", "firmware/logic/frame.h"])
    with tempfile.TemporaryDirectory() as folder:
        source, obj = os.path.join(folder, "x.c"), os.path.join(folder, "x.o")
        with open(source, "w", encoding="utf-8") as f:
            f.write("#include <stdio.h>\n#include <stdlib.h>\n"
                    "__attribute__((noinline)) static void *deep(int n) { return malloc(n); }\n"
                    "void *dev_step(int n) { printf(\"x\"); return n > 3 ? deep(n) : NULL; }\n"
                    "int H5Fclose(int); int f(void) { return H5Fclose(1); }\n")
        run("cc", "-O1", "-c", source, "-o", obj)
        symbols = undefined_symbols(obj)
        assert any("may print" in v for v in symbol_violations("drivers/x.c", symbols))
        assert any("H5Fclose" in v for v in symbol_violations("host/campaign/x.c", symbols))
        assert not any("print" in v for v in symbol_violations("host/cli/x.c", symbols))
        graphs = {"drivers/x.c": calls_of(obj)}
        found, roots, _ = per_sample_violations(graphs)
        assert roots == 1 and any("malloc" in v for v in found) and any("putchar" in v for v in found), found
    license = "/* SPDX-License-Identifier: Apache-2.0 */"
    assert firmware_violations({"a.c": license + "#include <stdlib.h>"}, {}, set())
    assert firmware_violations({"a.c": "#include <stdint.h>"}, {}, set())
    assert firmware_violations({"a.c": license}, {"a.c": ["malloc"]}, set())
    assert not firmware_violations({"a.c": license + "#include <string.h>"}, {"a.c": ["memcpy", "b"]}, {"b"})
    print("each planted violation was found")
    return 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1] == "--self-test" else check(sys.argv[1]))

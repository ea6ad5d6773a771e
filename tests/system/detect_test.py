"""joulerig detect: what it prints of an instrument works as it is, pasted or as a whole file; what it cannot know it does not say."""
import contextlib
import json
import os
import re
import socket
import threading
import unittest

import yaml

from harness import QUIET, again_if_busy, exported, folder, joulerig, merged, plan, source, twin, write

FIXED = {"meter": {"links": {"tcp": 0, "pty": True}, "power_on": {"voltage": "300 V", "current": "2 A", "update": "100 ms"}}}


def entry(listing):
    """The lines that stand below `devices:`."""
    return "".join(line + "\n" for line in listing.splitlines() if line.startswith("  "))


def endpoints(process):
    """{kind: endpoint} of a twin's meter."""
    with open(process.bench, encoding="utf-8") as f:
        said = re.search(r"also answers at: (.*)", f.read()).group(1).split()
    return {uri.split(":")[0]: uri for uri in said}


@contextlib.contextmanager
def server(path, reply):
    """Answers every line with anything on it with the same one; None: never."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(8)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    talk(listening.accept()[0])

        def talk(connection):
            with connection, contextlib.suppress(OSError):
                while asked := connection.recv(1000):
                    if reply is not None and asked.strip():
                        connection.sendall(reply.encode() + b"\n")
        threading.Thread(target=serve, daemon=True).start()
        yield f"unix://{path}"
        listening.shutdown(socket.SHUT_RDWR)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = folder()
        self.addCleanup(self.folder.cleanup)
        self.output = os.path.join(self.folder.name, "out")

    def detect(self, *arguments, expect=0):
        done = joulerig("detect", *arguments)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def measures(self, bench):
        """Runs a command on a bench file: the energy of the wall."""
        path = write(self.folder.name, "bench.yaml", bench)
        short = write(self.folder.name, "plan.yaml", plan({"sleep": ["sleep", "1"]}))
        done = again_if_busy(lambda: joulerig("run", short, "--bench", path, "-o", self.output), self.output)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn("SIMULATED", done.stdout)
        wall = source(exported(self.output)["runs"][0], "wall")
        self.assertNotEqual(wall["status"], "refused", wall["reason"])  # one good run in a hundred is degraded: by noise
        return wall["gross"]["value"]


class Entries(Case):
    def test_an_entry_works_as_pasted_over_each_link(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            for kind, endpoint in endpoints(process).items():
                listing = self.detect("--ask", endpoint).stdout
                text = "joulerig: bench 1\ndevices:\n" + entry(listing)
                device = yaml.safe_load(text)["devices"]["wall"]
                self.assertEqual(device, {"driver": "yokogawa_wt", "endpoint": endpoint, "measures": "wall", "serial": "SIM000001",
                                          "ranges": {"voltage": "300 V", "current": "2 A"}, "update": "100 ms"})
                self.output = os.path.join(self.folder.name, kind)
                joules = self.measures(text)
                self.assertTrue(40 < joules < 90, joules)
                print(f"  {kind}: {joules:.1f} J with the entry as pasted", flush=True)

    def test_a_whole_file(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            done = self.detect("--bench", endpoints(process)["tcp"])
            self.assertIn("SIMULATED", done.stdout)
            self.assertIn("simulated", yaml.safe_load(done.stdout)["name"])
            self.assertEqual(yaml.safe_load(done.stdout)["trigger"], "software")
            self.assertEqual(done.stdout, self.detect("--bench", endpoints(process)["tcp"]).stdout)
            self.measures(done.stdout)

    def test_automatic_ranges_are_said_to_be(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            self.assertNotIn("chosen by the meter", self.detect(endpoints(process)["unix"]).stdout)
        with twin(self.folder.name, QUIET) as process:
            done = self.detect("unix://" + os.path.join(process.directory, "wt310e.sock"))
            self.assertRegex(done.stdout, r"ranges: \{ voltage: \d+ V, current: .* \} # chosen by the meter")

    def test_of_several_elements_it_is_said_which(self):
        with twin(self.folder.name, merged(merged(QUIET, FIXED), {"meter": {"model": "WT333E"}})) as process:
            endpoint = endpoints(process)["tcp"]
            done = self.detect("--bench", endpoint)
            self.assertIn(f"{endpoint}: element: its wiring (P1W2) does not tell which of 1, 2, 3", done.stderr)
            self.assertRegex(done.stdout, r'options: \{ element: "1" \} # element: its wiring')
            self.assertEqual(yaml.safe_load(done.stdout)["devices"]["wall"]["options"], {"element": "1"})
            with socket.create_connection(re.match(r"tcp://(.*):(\d+)", endpoint).groups()) as meter:
                meter.sendall(b":INP:WIR P3W4;:INP:WIR?\n")
                self.assertIn(b"P3W4", meter.recv(100))
            done = self.detect("--bench", endpoint)
            self.assertNotIn("element", done.stderr)
            self.assertIn("options: { element: sum }\n", done.stdout)

    def test_scaling_is_said_and_not_measured_with(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            endpoint = endpoints(process)["tcp"]
            with socket.create_connection(re.match(r"tcp://(.*):(\d+)", endpoint).groups()) as meter:
                meter.sendall(b":INPUT:SCALING:CT 10;STATE ON;STATE?\n")
                self.assertIn(b"1", meter.recv(100))
            done = self.detect("--bench", endpoint)
            self.assertIn(f"{endpoint}: scaling is on: every power is multiplied", done.stderr)
            self.assertIn("  # scaling is on", done.stdout)
            bench = write(self.folder.name, "bench.yaml", done.stdout)
            short = write(self.folder.name, "plan.yaml", plan({"sleep": ["sleep", "1"]}))
            done = joulerig("run", short, "--bench", bench, "-o", self.output)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("scaling of this WT310E is on", done.stderr)

    def test_one_instrument_over_two_links_has_one_entry(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            first, second = endpoints(process)["unix"], endpoints(process)["pty"]
            done = self.detect(first, second)
            self.assertIn(f"{second}: the same instrument as {first}", done.stdout)
            self.assertEqual(list(yaml.safe_load("devices:\n" + entry(done.stdout))["devices"]), ["wall"])
            self.assertEqual(self.detect("--bench", first, second).stdout.count("endpoint:"), 1)

    def test_a_second_instrument_counts_for_nothing_until_its_user_says_what(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            other = os.path.join(self.folder.name, "other.sock")
            with server(other, "YOKOGAWA,WT310E,C3TL08017E,F1.04") as endpoint:
                done = self.detect("--bench", endpoints(process)["unix"], endpoint)
            devices = yaml.safe_load(done.stdout)["devices"]
            self.assertEqual([d.get("measures") for d in devices.values()][:2], ["wall", "none"])
            self.assertIn("several instruments", done.stderr)

    def test_for_machines(self):
        with twin(self.folder.name, merged(QUIET, FIXED)) as process:
            endpoint = endpoints(process)["unix"]
            done = self.detect("--json", endpoint, "unix:///nowhere", expect=4)
            found = {i["endpoint"]: i for i in json.loads(done.stdout)["instruments"]}
            self.assertEqual(found[endpoint]["state"], "known")
            self.assertTrue(found[endpoint]["identity"]["simulated"])
            self.assertIn("driver: yokogawa_wt", found[endpoint]["bench_entry"])
            self.assertEqual(found["unix:///nowhere"]["state"], "unreachable")
            self.assertEqual(found["unix:///nowhere"]["error"]["code"], "not-found")


class Strangers(Case):
    def test_one_that_nobody_knows(self):
        with server(os.path.join(self.folder.name, "s"), "ACME,Toaster,1,2") as endpoint:
            done = self.detect(endpoint, expect=4)
            self.assertIn("ACME,Toaster,1,2", done.stdout)
            self.assertIn("--drivers", done.stdout)
            self.assertEqual(entry(done.stdout), "")
            self.assertEqual(json.loads(self.detect("--json", endpoint, expect=4).stdout)["instruments"][0]["answer"], "ACME,Toaster,1,2")

    def test_one_that_does_not_answer(self):
        with server(os.path.join(self.folder.name, "s"), None) as endpoint:
            self.assertEqual(entry(self.detect(endpoint, expect=4).stdout), "")

    def test_nothing_but_an_instrument_that_does_not_answer_makes_no_bench(self):
        if os.path.exists("/sys/class/powercap"):
            self.skipTest("this machine has counters")
        done = self.detect("--bench", "unix:///nowhere", expect=4)
        self.assertEqual(done.stdout, "")
        self.assertIn("unix:///nowhere", done.stderr)

    def test_the_table_of_drivers(self):
        lines = self.detect("--drivers").stdout.splitlines()
        drivers = json.loads(self.detect("--drivers", "--json").stdout)["drivers"]
        self.assertEqual(len(lines), len(drivers))
        columns = {(line.index(d["maturity"], len(d["name"])), line.rindex("  " + d["channels"]) + 2) for line, d in zip(lines, drivers)}
        self.assertEqual(len(columns), 1, lines)  # well aligned
        for line, driver in zip(lines, drivers):
            self.assertEqual(re.split("  +", line), [driver["name"], driver["maturity"], " ".join(driver["links"]) or "none", driver["channels"]])
        one = self.detect("--drivers", "yokogawa_wt").stdout
        self.assertRegex(one, r"\Ayokogawa_wt  untried  usbtmc .*\n    Yokogawa.*\n    option element ")
        self.assertEqual([d["name"] for d in json.loads(self.detect("--drivers", "--json", "rig").stdout)["drivers"]], ["rig"])

    def test_usage(self):
        for arguments in (["--bench", "--json"], ["--drivers", "unix:///x"], ["--drivers", "--ask"], ["--drivers", "--bench"], ["--nonsense"]):
            self.assertEqual(self.detect(*arguments, expect=2).stdout, "")
        self.detect("nonsense", expect=3)


if __name__ == "__main__":
    unittest.main(verbosity=2)

#!/usr/bin/env python3
"""joulerig-twin from outside: its sockets, its pty, its counters, and its truth against what they said.

usage: twin_test.py PATH-OF-joulerig-twin
"""
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from truth import Truth  # noqa: E402

TWIN = None
CONFIG = """\
joulerig: twin 1
name: test
seed: 5
machine: {fan: {power: 1 W, tau: 500 ms}}
meter:
  links: {tcp: 0, pty: on}
  noise: 0.1 W
  errors: {gain: 0, offset: 0, nonlinearity: 0, power_factor: 0}
powercap: {psys: on, mmio: on}
"""


class Running:
    """A twin in a folder of its own."""

    def __init__(self, config, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="twin-test-")
        self.directory = os.path.join(self.folder.name, "d")
        self.truth = os.path.join(self.folder.name, "truth")
        path = os.path.join(self.folder.name, "twin.yaml")
        with open(path, "w") as file:
            file.write(config)
        self.process = self.start(path, *options)
        self.ready = self.process.stdout.readline().split()

    def start(self, path, *options):
        return subprocess.Popen([TWIN, path, "-d", self.directory, "-t", self.truth, "--die-with-parent", *options],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def zone(self, zone, file):
        with open(self.path(f"powercap/{zone}/{file}")) as f:
            return f.read().strip()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(10)
        said = self.process.stderr
        if not said.closed:
            sys.stderr.write(said.read())
            self.process.stdout.close()
            said.close()
        return code

    def close(self):
        self.stop()
        self.folder.cleanup()


class Line:
    """Lines to and from a descriptor."""

    def __init__(self, fd):
        self.fd, self.rest = fd, b""

    def send(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def hear(self, patience=2.0):
        end = time.monotonic() + patience
        while b"\n" not in self.rest:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError
            part = os.read(self.fd, 4096)
            if not part:
                raise EOFError
            self.rest += part
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def ask(self, text):
        self.send(text)
        return self.hear()


def connect_unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


class Twin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.twin = Running(CONFIG)

    @classmethod
    def tearDownClass(cls):
        code = cls.twin.stop()
        cls.twin.close()
        assert code == 0, f"the twin ended with {code}"

    def test_ready_line_and_files(self):
        self.assertEqual(self.twin.ready, ["ready", self.twin.path("bench.yaml")])
        with open(self.twin.path("bench.yaml")) as file:
            bench = file.read()
        self.assertIn(f'endpoint: "unix://{self.twin.path("wt310e.sock")}"', bench)
        self.assertIn(f'root: "{self.twin.path("powercap")}"', bench)
        self.assertEqual(os.stat(self.twin.directory).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(self.twin.truth).st_mode & 0o777, 0o600)

    def test_unix_and_clients_in_turn(self):
        first, second = connect_unix(self.twin.path("wt310e.sock")), connect_unix(self.twin.path("wt310e.sock"))
        self.assertTrue(Line(first.fileno()).ask("*IDN?").startswith("YOKOGAWA,WT310E,SIM000005,"))
        waiting = Line(second.fileno())
        waiting.send("*OPT?")
        with self.assertRaises(TimeoutError):
            waiting.hear(0.2)
        first.close()
        self.assertEqual(waiting.hear(), "0")
        second.close()

    def test_tcp(self):
        with open(self.twin.path("bench.yaml")) as file:
            port = int(file.read().split("tcp://127.0.0.1:")[1].split()[0])
        with socket.create_connection(("127.0.0.1", port)) as s:
            line = Line(s.fileno())
            self.assertTrue(line.ask("*IDN?").startswith("YOKOGAWA,WT310E,"))
            self.assertEqual(line.ask(":COMM:HEAD OFF;:INP:MODE?"), "RMS")

    def test_pty_stays_when_closed(self):
        for _ in range(2):
            fd = os.open(self.twin.path("wt310e.pty"), os.O_RDWR | os.O_NOCTTY)
            self.assertTrue(Line(fd).ask("*IDN?").startswith("YOKOGAWA,WT310E,"))
            os.close(fd)

    def test_unread_reply(self):
        with connect_unix(self.twin.path("wt310e.sock")) as s:
            line = Line(s.fileno())
            seen = []
            for _ in range(5):  # the kernel says now and then that nothing waits although nobody has read
                line.ask("*CLS;*OPT?")
                line.send("*OPT?")
                time.sleep(0.1)
                line.send("*OPT?")
                self.assertEqual([line.hear(), line.hear()], ["0", "0"])
                seen.append(line.ask(":STAT:ERR?"))
            self.assertTrue(any("410" in error for error in seen), seen)
            line.ask("*CLS;*OPT?")
            line.send("*OPT?\n*IDN?")
            self.assertTrue(line.hear().startswith("YOKOGAWA"))
            self.assertIn("410", line.ask(":STAT:ERR?"))

    def test_powercap_tree(self):
        root = self.twin.path("powercap")
        self.assertEqual(sorted(os.listdir(root)),
                         ["intel-rapl", "intel-rapl-mmio", "intel-rapl-mmio:0", "intel-rapl:0", "intel-rapl:0:0",
                          "intel-rapl:0:1", "intel-rapl:1"])
        self.assertEqual(os.readlink(root + "/intel-rapl:0:1"), "intel-rapl/intel-rapl:0/intel-rapl:0:1")
        zones = ("intel-rapl:0", "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl:1")
        self.assertEqual([self.twin.zone(zone, "name") for zone in zones], ["package-0", "core", "dram", "psys"])
        self.assertEqual(os.stat(root + "/intel-rapl:0/energy_uj").st_mode & 0o777, 0o400)
        with self.assertRaises(PermissionError):
            open(root + "/intel-rapl:0/energy_uj", "w")

    def test_counter_moves_each_millisecond(self):
        fd = os.open(self.twin.path("powercap/intel-rapl:0/energy_uj"), os.O_RDONLY)
        seen, end = [], time.monotonic() + 0.3
        while time.monotonic() < end:
            value = os.pread(fd, 64, 0)
            if not seen or value != seen[-1]:
                seen.append(value)
        os.close(fd)
        steps = [int(b) - int(a) for a, b in zip(seen, seen[1:])]
        self.assertTrue(100 <= len(steps) <= 310, len(steps))
        self.assertTrue(all(s > 0 for s in steps))

    def test_one_twin_a_folder(self):
        other = self.twin.start(os.path.join(self.twin.folder.name, "twin.yaml"))
        _, complaint = other.communicate(timeout=10)
        self.assertEqual(other.returncode, 1)
        self.assertIn("another twin", complaint)

    def test_energy_under_load(self):
        """Wall readings and counters against the truth, over a busy stretch amid idle ones."""
        socket_ = connect_unix(self.twin.path("wt310e.sock"))
        line = Line(socket_.fileno())
        for command in (":COMM:HEAD OFF;VERB OFF", ":INP:VOLT:RANG 300V;:INP:CURR:RANG 2A;:RATE 100MS",
                        ":NUM:NORM:NUM 1;ITEM1 P,1", ":STAT:FILT1 FALL"):
            line.send(command)
        line.ask(":STAT:EESR?")
        counter = os.open(self.twin.path("powercap/intel-rapl:0/energy_uj"), os.O_RDONLY)

        def updates(n):
            """Watts at instants at which they became readable."""
            got = []
            for _ in range(n):
                watts = float(line.ask(":COMM:WAIT 1;:STAT:EESR?;:NUM:NORM:VAL?").split(";")[1])
                got.append((time.monotonic_ns(), watts))
            return got

        readings = updates(10)
        before, c0 = time.monotonic_ns(), int(os.pread(counter, 64, 0))
        worker = subprocess.Popen([sys.executable, "-c", "import time\ne=time.monotonic()+2\nwhile time.monotonic()<e: pass"])
        readings += updates(35)
        self.assertEqual(worker.wait(), 0)
        after, c1 = time.monotonic_ns(), int(os.pread(counter, 64, 0))
        readings += updates(5)
        os.close(counter)
        socket_.close()
        time.sleep(1.2)
        truth = Truth(self.twin.truth)

        package = truth.energy(before, after)["package-0"]
        self.assertAlmostEqual((c1 - c0) * 1e-6, package, delta=0.15)
        # Windows end about 30 ms before they can be read; idle at both ends makes the sum blind to that.
        start, end = readings[0][0] - 30_000_000, readings[-1][0] - 30_000_000
        wall = truth.energy(start, end)["wall"]
        summed = sum(watts for _, watts in readings[1:]) * 0.1
        peak, idle = max(w for _, w in readings), min(w for _, w in readings)
        self.assertGreater(peak - idle, 25)
        self.assertAlmostEqual(summed, wall, delta=0.02 * wall)
        steady = truth.energy(readings[3][0], readings[9][0])["wall"] / (readings[9][0] - readings[3][0]) * 1e9
        self.assertAlmostEqual(sum(w for _, w in readings[4:10]) / 6, steady, delta=4)

    def test_own_cost(self):
        def ticks():
            with open(f"/proc/{self.twin.process.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before, began = ticks(), time.monotonic()
        time.sleep(2)
        self.assertLess((ticks() - before) / (time.monotonic() - began), 0.10)  # aim: 2 %; sanitizers cost more


INSTRUMENTS = """\
joulerig: twin 1
load: {source: script}
instruments:
  one: {model: GPM-8310, measures: rail, ranges: {voltage: 300 V, current: 2 A}}
  two: {model: GPM-8213, link: tcp}
  three: {model: GPM-8213, link: pty, baud: 9600}
  plug: {model: Tasmota}
faults:
  - {what: disconnect, device: three, at: 3 s, for: 500 ms}
"""


class Instruments(unittest.TestCase):
    """Those beside the meter, each over the link that its file gives it."""

    @classmethod
    def setUpClass(cls):
        cls.twin, cls.began = Running(INSTRUMENTS), time.monotonic()
        with open(cls.twin.path("bench.yaml")) as file:
            cls.bench = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.twin.close()

    def port(self, scheme):
        return int(self.bench.split(f"{scheme}://127.0.0.1:")[1].split('"')[0])

    def test_bench_file(self):
        self.assertIn(f'  one:\n    driver: gwinstek_gpm\n    endpoint: "unix://{self.twin.path("one.sock")}"\n    measures: rail\n', self.bench)
        self.assertIn(f'endpoint: "pty://{self.twin.path("three.pty")}"', self.bench)

    def test_unix_and_tcp(self):
        with connect_unix(self.twin.path("one.sock")) as s:
            self.assertIn("8310", Line(s.fileno()).ask("*IDN?"))
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", self.port("tcp"))) as s:
                for _ in range(3):  # who comes after somebody may find his answer
                    name = Line(s.fileno()).ask("*IDN?")
                self.assertIn("8213", name)

    def test_http(self):
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", self.port("http"), timeout=5)
        for path, status in (("/cm?cmnd=Status%208", 200), ("/nowhere", 404), ("/cm?cmnd=Status%208", 200)):
            connection.request("GET", path)  # on one connection, one after the other
            reply = connection.getresponse()
            body = reply.read().decode()
            self.assertEqual(reply.status, status)
            self.assertEqual("Power" in body, status == 200)
        connection.close()

    def test_a_terminal_goes_and_comes_back(self):
        """At 9600 baud; thrown out, its file is at its end, and another terminal has its name."""
        path = self.twin.path("three.pty")
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        began = time.monotonic()
        reply = Line(fd).ask("*IDN?")
        self.assertGreaterEqual(time.monotonic() - began, (len("*IDN?") + len(reply)) / 960)
        with self.assertRaises((EOFError, OSError)):
            Line(fd).hear(5)
        os.close(fd)
        time.sleep(max(0, self.began + 4 - time.monotonic()))
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        for _ in range(3):
            name = Line(fd).ask("*IDN?")
        self.assertIn("8213", name)
        os.close(fd)


GATED = """\
joulerig: twin 1
load: {source: script, steps: [{at: 0 s, cores: 1}]}
machine: {cores: 4}
meter:
  model: PW3336
  start_stop: {reaction: 2 ms, uncertainty: 0 ms}
  errors: {gain: 0, offset: 0, nonlinearity: 0, power_factor: 0, timebase: 0}
"""


class Gated(unittest.TestCase):
    """A Hioki whose integrator another program's line gates."""

    def setUp(self):
        self.twin = Running(GATED)
        self.addCleanup(self.twin.close)
        self.meter = Line(connect_unix(self.twin.path("wt310e.sock")).detach())
        self.gate = open(self.twin.path("lines.fifo"), "w", buffering=1)
        self.addCleanup(self.gate.close)

    def shown(self):
        return float(self.meter.ask(":HEAD OFF;:MEAS? WP1").strip())

    def test_lines_that_come_late(self):
        with open(self.twin.path("bench.yaml")) as file:
            self.assertIn("options: {integrator: gated, reaction: 2 ms, reaction_uncertainty: 0 ms}", file.read())
        self.assertEqual(self.meter.ask("*IDN?").strip().split(",")[:2], ["HIOKI", "PW3336"])
        self.meter.send(":VOLT1:RANG 300")
        self.meter.send(":CURR1:RANG 1")
        time.sleep(0.5)
        self.gate.write(f"OUT1 0 {time.monotonic_ns()}\nOUT2 0 {time.monotonic_ns()}\nnonsense\nOUT2 1\n" + 200 * "x" + "\n")
        start = time.monotonic_ns()
        time.sleep(0.05)  # it tells late, and in pieces
        self.gate.write("OUT2 ")
        self.gate.flush()
        time.sleep(0.02)
        self.gate.write(f"1 {start}\nnow {time.monotonic_ns()}\n")
        time.sleep(1.3)
        stop = time.monotonic_ns()
        time.sleep(0.05)
        self.gate.write(f"OUT1 1 {stop}\nOUT2 0 {stop}\n")
        time.sleep(1)
        wh = self.shown()
        time.sleep(0.5)
        self.assertEqual(self.shown(), wh)
        self.twin.stop()
        joules = Truth(self.twin.truth).energy(start + 2_000_000, stop + 2_000_000)["wall"]
        self.assertLess(abs(wh * 3600 - joules), 0.25)  # steps of 0.36 J
        self.assertFalse(os.path.exists(self.twin.path("lines.fifo")))


class Ends(unittest.TestCase):
    def test_a_killed_twin_is_cleaned_up(self):
        twin = Running(CONFIG)
        self.addCleanup(twin.close)
        twin.stop(signal.SIGKILL)
        with self.assertRaises(OSError):
            os.listdir(twin.path("powercap"))
        twin.process = twin.start(os.path.join(twin.folder.name, "twin.yaml"))
        self.assertTrue(twin.process.stdout.readline().startswith("ready "))
        self.assertEqual(twin.zone("intel-rapl:0", "name"), "package-0")
        self.assertEqual(twin.stop(), 0)
        self.assertEqual(sorted(os.listdir(twin.path("powercap"))), [])
        self.assertFalse(os.path.exists(twin.path("wt310e.sock")))

    def test_exit_codes(self):
        def run(*arguments):
            return subprocess.run([TWIN, *arguments], capture_output=True, text=True, timeout=10)
        with tempfile.TemporaryDirectory() as folder:
            bad, directory = os.path.join(folder, "bad.yaml"), os.path.join(folder, "d")
            with open(bad, "w") as file:
                file.write("joulerig: twin 1\nmeter: {noise: 3}\nfaults: [{what: fire}]\n")
            self.assertEqual(run("--help").returncode, 0)
            self.assertEqual(run(bad).returncode, 2)
            self.assertEqual(run(bad, "-d", directory, "-s", "x").returncode, 2)
            wrong = run(bad, "-d", directory)
            self.assertEqual(wrong.returncode, 3)
            self.assertIn("bad.yaml:2:16:", wrong.stderr)
            self.assertIn("bad.yaml:3:", wrong.stderr)
            self.assertEqual(run(os.path.join(folder, "none.yaml"), "-d", directory).returncode, 1)

    def test_tty_that_comes_and_goes(self):
        """A terminal that is there already, at a line speed; hung up, it is found again under its name."""
        def plug(path):
            ours, theirs = os.openpty()
            os.symlink(os.ttyname(theirs), path + ".new")
            os.rename(path + ".new", path)
            self.addCleanup(os.close, theirs)
            return ours

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tty")
            ours = plug(path)
            twin = Running(f"joulerig: twin 1\nload: {{source: script}}\nmeter:\n  links: {{tty: '{path}', baud: 1200, "
                           "endpoint: 'serial:///dev/x?baud=1200'}\n")
            self.addCleanup(twin.close)
            with open(twin.path("bench.yaml")) as file:
                self.assertIn('endpoint: "serial:///dev/x?baud=1200"', file.read())
            began = time.monotonic()
            reply = Line(ours).ask("*IDN?")
            took, least = time.monotonic() - began, (len("*IDN?\n") + len(reply) + 1) * 10 / 1200
            self.assertTrue(reply.startswith("YOKOGAWA,WT310E,"))
            self.assertTrue(least <= took < least + 0.5, f"{took} s, {least} s on the line")
            again = plug(path)
            os.close(ours)
            time.sleep(0.3)
            self.assertTrue(Line(again).ask("*IDN?").startswith("YOKOGAWA"))
            os.close(again)
            os.unlink(path)
            before = sum(self.ticks(twin))
            time.sleep(1)
            self.assertLess(sum(self.ticks(twin)) - before, 30)  # looking for it costs little
            missing = twin.start(os.path.join(twin.folder.name, "twin.yaml"), "-d", os.path.join(folder, "d"))
            _, complaint = missing.communicate(timeout=10)
            self.assertEqual(missing.returncode, 1)
            self.assertIn(path, complaint)

    @staticmethod
    def ticks(twin):
        with open(f"/proc/{twin.process.pid}/stat") as file:
            return [int(n) for n in file.read().rsplit(")", 1)[1].split()[11:13]]

    def test_disconnect_fault(self):
        twin = Running("joulerig: twin 1\nload: {source: script}\nmeter: {}\n"
                       "faults: [{what: disconnect, at: 1 s, for: 500 ms}]\n")
        self.addCleanup(twin.close)
        with connect_unix(twin.path("wt310e.sock")) as s:
            line = Line(s.fileno())
            self.assertTrue(line.ask("*IDN?").startswith("YOKOGAWA"))
            with self.assertRaises((EOFError, ConnectionError)):
                line.hear(3)
        with connect_unix(twin.path("wt310e.sock")) as s, self.assertRaises((EOFError, ConnectionError)):
            Line(s.fileno()).ask("*IDN?")
        time.sleep(0.8)
        with connect_unix(twin.path("wt310e.sock")) as s:
            self.assertTrue(Line(s.fileno()).ask("*IDN?").startswith("YOKOGAWA"))


if __name__ == "__main__":
    TWIN = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

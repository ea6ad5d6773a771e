"""USBTMC instruments for suites in the guest: played by a gadget of this kernel, or through USB/IP; and the link that talks to them."""
import contextlib
import glob
import os
import signal
import subprocess

import guest

CLIENT = "tests/vm_usbtmc_client"


def attribute(path):
    """A file of sysfs; "" where it is gone, as those of a device are that is just being unplugged."""
    with contextlib.suppress(OSError):
        return guest.read(path)
    return ""


def devices():
    """The folders of all USB devices but the hubs."""
    return [os.path.dirname(path) for path in glob.glob("/sys/bus/usb/devices/*/idVendor") if attribute(path) not in ("", "1d6b")]


class Client:
    """The link, one command and one line of answer at a time (usbtmc_client.c)."""

    def __init__(self, build=None, **options):
        environment = {**os.environ, "GCOV_PREFIX": f"/tmp/gcov-{options.get('user', 0)}"}  # what a build for gcov leaves behind stays in the guest
        self.process = subprocess.Popen([os.path.join(build or guest.BUILD, CLIENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment, **options)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the client died of {command!r}: status {self.process.wait()}"
        return line.rstrip("\n")

    def expect(self, command, answer):
        got = self.ask(command)
        assert got.startswith(answer), f"{command!r}: {got!r}, not {answer!r}"
        return got

    def query(self, command, timeout=2000):
        """(outcome, us, us late, reply)"""
        head, reply = self.ask(f"query {timeout} {command}").split(": ", 1)
        outcome, duration, _, _, late, _ = head.split(" ")
        return outcome, int(duration), int(late), reply

    def find(self):
        count = int(self.ask("find"))
        return [self.process.stdout.readline().rstrip("\n") for _ in range(count)]

    def end(self):
        """Its status: a sanitizer's findings make it fail."""
        self.process.stdin.close()
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind:
            self.process.kill()
        status = self.end()
        assert kind or status == 0, f"the client ended with {status}"


class Instrument:
    """A gadget with vm_usbtmc_gadget behind it; `bridge`: the unix socket of a twin, whose instrument it becomes."""

    def __init__(self, name="tmc", bridge=None, vendor=0x0b21, product=0x0025, serial="4333564D3030303145"):
        self.name, self.log = name, f"/run/{name}.log"
        self.gadget = guest.Gadget(name, {f"ffs.{name}": {}}, vendor, product, {"manufacturer": "Yokogawa", "product": "WT310E", "serialnumber": serial})
        self.uri = f"usbtmc://{vendor:04x}:{product:04x}/{serial}"
        self.mount, ready = f"/dev/ffs-{name}", f"/run/{name}.ready"
        self.gadget.mount(f"ffs.{name}", self.mount)
        command = [os.path.join(guest.BUILD, "tests", "vm_usbtmc_gadget"), "--ready", ready, "--log", self.log, "--vendor", f"{vendor:04x}"]
        command += ["--serial", bytes.fromhex(serial).decode()] + (["--bridge", bridge] if bridge else [])
        self.process = subprocess.Popen(command + [self.mount])
        guest.wait_path(ready)
        os.unlink(ready)

    def node(self):
        """Its device node, once it is configured; None: it is not plugged in."""
        folder = self.folder()
        if folder is None or not attribute(f"{folder}/bConfigurationValue"):
            return None
        return f"/dev/bus/usb/{int(attribute(f'{folder}/busnum')):03}/{int(attribute(f'{folder}/devnum')):03}"

    def interface(self):
        """Its interface's folder in sysfs."""
        folder = self.folder()
        return f"{folder}/{os.path.basename(folder)}:1.0"

    def folder(self):
        return next((folder for folder in devices() if attribute(f"{folder}/serial") == self.uri.rsplit("/", 1)[1]), None)

    def plug(self):
        self.gadget.plug()
        return guest.wait_for(lambda: self.node(), f"{self.name} is configured")

    def unplug(self, wait=True):
        self.gadget.unplug()
        if wait:
            guest.wait_for(lambda: self.node() is None, f"{self.name} is gone")

    def told(self):
        """What the log says by now, as {name: count}, and its other lines."""
        lines = guest.read(self.log).splitlines() if os.path.exists(self.log) else []
        self.process.send_signal(signal.SIGUSR2)
        guest.wait_for(lambda: len(guest.read(self.log).splitlines()) > len(lines) and "faults=" in guest.read(self.log).splitlines()[-1], "a summary")
        lines = guest.read(self.log).splitlines()
        return {key: int(value) for key, value in (word.split("=") for word in lines[-1].split())}, lines

    def expect_manners(self):
        summary, lines = self.told()
        assert summary["faults"] == 0, "\n".join(line for line in lines if line.startswith("FAULT"))
        return summary

    def remove(self):
        self.gadget.unplug() if self.gadget.udc and guest.read(f"{self.gadget.path}/UDC") else None
        self.process.kill()
        self.process.wait()
        guest.run("umount", self.mount)
        self.gadget.remove()


class Vhci:
    """An instrument that is plugged in through USB/IP (usbtmc_vhci.c) and does wrong what it is told to."""

    SERIAL = "4333564D3030303945"
    URI = "usbtmc://0b21:0025"

    def __init__(self):
        guest.modprobe("vhci-hcd")
        self.lines = []
        self.process = subprocess.Popen([os.path.join(guest.BUILD, "tests", "vm_usbtmc_vhci")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        """Its answer; what it noted meanwhile is kept."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline().rstrip("\n")).startswith(("FAULT ", "request ", "halts_cleared=")):
            self.lines.append(line)
        return line

    def do(self, command):
        assert (answer := self.ask(command)) == "ok", f"{command}: {answer}"

    def fault(self, name, count=1):
        self.do(f"fault {name} {count}")

    def happened(self):
        return self.ask("left") == "0"

    @staticmethod
    def configured():
        """For each USB device but the hubs, whether it is configured."""
        return [attribute(f"{folder}/bConfigurationValue") != "" for folder in devices()]

    def plug(self, descriptors="", wanted=True):
        """Unless it is not `wanted`: until the kernel has configured it. Else until it has, or has given up."""
        self.unplug()  # where the point before has failed
        self.do("calm")
        self.do(f"plug {descriptors}")
        guest.wait_for(self.configured, "it is there")
        with contextlib.nullcontext() if wanted else contextlib.suppress(TimeoutError):
            guest.wait_for(lambda: any(self.configured()), "it is configured", 20 if wanted else 0.3)

    def unplug(self):
        self.do("unplug")
        self.wait_gone()

    def wait_gone(self):
        guest.wait_for(lambda: not self.configured(), "it is gone")

    def summary(self):
        last = self.ask("summary")
        return {key: int(value) for line in (self.lines[-1], last) for key, value in (word.split("=") for word in line.split())}

    def expect_manners(self):
        summary = self.summary()
        faults = [line for line in self.lines if line.startswith("FAULT")]
        assert not faults and summary["faults"] == 0, faults
        return summary

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0

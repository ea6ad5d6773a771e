"""USBTMC instruments for suites in the guest: played by a gadget of this kernel, or through USB/IP; and the link that talks to them."""
import glob
import os
import signal
import subprocess

import guest

CLIENT = "tests/vm_usbtmc_client"


class Client:
    """The link, one command and one line of answer at a time (usbtmc_client.c)."""

    def __init__(self, build=None, **options):
        self.process = subprocess.Popen([os.path.join(build or guest.BUILD, CLIENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)

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
        for path in glob.glob("/sys/bus/usb/devices/*/serial"):
            folder = os.path.dirname(path)
            if guest.read(path) == self.uri.rsplit("/", 1)[1] and os.path.exists(f"{folder}/bConfigurationValue") and guest.read(f"{folder}/bConfigurationValue"):
                return f"/dev/bus/usb/{int(guest.read(f'{folder}/busnum')):03}/{int(guest.read(f'{folder}/devnum')):03}"
        return None

    def interface(self):
        """Its interface's folder in sysfs."""
        return guest.wait_path(f"/sys/bus/usb/devices/*/{os.path.basename(self.folder())}:1.0")

    def folder(self):
        return next(os.path.dirname(path) for path in glob.glob("/sys/bus/usb/devices/*/serial") if guest.read(path) == self.uri.rsplit("/", 1)[1])

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

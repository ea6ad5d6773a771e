#!/usr/bin/python3
"""The tty of the rig, as a pty: `pty.py LINK` makes it when it is told to, with LINK leading to it, and moves its bytes.

Both pipes carry messages of a letter, a length (u32, little-endian) and so many bytes:
    from stdin   O  the device is there: a new pty        C  it is gone: the pty hangs up, LINK goes       D  bytes for who has it open
    to stdout    r  LINK leads there     o  a program has opened it     c  it was closed     d  bytes from it
What nobody reads is not taken from stdin any more once the pty is full, as a tty throttles its port.
"""
import errno
import os
import select
import struct
import sys
import termios
import tty

LOOK_AGAIN = 5  # ms: a pty does not tell when its other end is opened


class Pty:
    def __init__(self, link):
        self.link, self.master, self.open = link, None, False
        self.inward, self.outward = bytearray(), bytearray()

    def tell(self, letter, data=b""):
        data = letter + struct.pack("<I", len(data)) + data
        while data:
            data = data[os.write(1, data):]

    def appear(self):
        self.vanish()
        self.master, slave = os.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self.master, False)
        aside = f"{self.link}.new"
        if os.path.lexists(aside):
            os.unlink(aside)
        os.symlink(name, aside)
        os.rename(aside, self.link)
        self.tell(b"r")

    def vanish(self):
        if self.master is None:
            return
        os.unlink(self.link)
        os.close(self.master)
        self.outward.clear()
        self.master, self.open = None, False

    def message(self, letter, data):
        if letter == b"O":
            self.appear()
        elif letter == b"C":
            self.vanish()
        elif letter == b"D" and self.open:
            self.outward += data

    def from_stdin(self):
        data = os.read(0, 65536)
        if not data:
            self.vanish()
            sys.exit(0)
        self.inward += data
        while len(self.inward) >= 5:
            size, = struct.unpack_from("<I", self.inward, 1)
            if len(self.inward) < 5 + size:
                break
            self.message(bytes(self.inward[:1]), bytes(self.inward[5:5 + size]))
            del self.inward[:5 + size]

    def from_program(self):
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return
            assert error.errno == errno.EIO, error
            data = b""
        if data:
            self.tell(b"d", data)
        else:
            self.closed()

    def closed(self):
        self.open = False
        self.outward.clear()
        termios.tcflush(self.master, termios.TCOFLUSH)
        self.tell(b"c")

    def to_program(self):
        try:
            del self.outward[:os.write(self.master, self.outward)]
        except BlockingIOError:
            pass

    def look(self):
        """Has a program opened it?"""
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        if not any(events & select.POLLHUP for _, events in poll.poll(0)):
            self.open = True
            self.tell(b"o")

    def serve(self):
        while True:
            poll = select.poll()
            if not self.outward:
                poll.register(0, select.POLLIN)
            if self.open:
                poll.register(self.master, select.POLLIN | (select.POLLOUT if self.outward else 0))
            for fd, events in poll.poll(None if self.open or self.master is None else LOOK_AGAIN):
                if fd == 0:
                    self.from_stdin()
                elif self.open and fd == self.master:
                    if events & (select.POLLIN | select.POLLHUP):
                        self.from_program()
                    if events & select.POLLOUT and self.open:
                        self.to_program()
            if self.master is not None and not self.open:
                self.look()


if __name__ == "__main__":
    try:
        Pty(sys.argv[1]).serve()
    except (BrokenPipeError, KeyboardInterrupt):
        pass

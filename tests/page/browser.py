"""A headless Chromium, driven by DevTools messages over a pipe: pages are opened, measured, seen and printed, and everything that they ask
the network for, complain of, or violate is written down. The standard library is all it needs."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 40  # s, for one answer on a machine that does other things, too


def find():
    """The program, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """Its pages are `Page`s. Use it as a context."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="joulerig-browser-")
        to_browser, self.to = os.pipe()
        self.here, from_browser = os.pipe()

        def take_pipes():  # DevTools reads from descriptor 3 and writes to 4
            high = os.dup(to_browser), os.dup(from_browser)
            spare = [os.dup(fd) if fd in (3, 4) else fd for fd in high]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        arguments = [find(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
                     "--font-render-hinting=none", f"--user-data-dir={self.folder}", "about:blank"]
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=take_pipes, pass_fds=(3, 4), start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.bytes, self.pages = 0, b"", {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.here)
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        return self.number

    def receive(self, until):
        while b"\0" not in self.bytes:
            ready, _, _ = select.select([self.here], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.here, 1 << 20)
            if not more:
                raise EOFError("the browser has gone")
            self.bytes += more
        line, self.bytes = self.bytes.split(b"\0", 1)
        message = json.loads(line)
        page = self.pages.get(message.get("sessionId"))
        if page and "method" in message:
            page.heard(message["method"], message["params"])
        return message

    def call(self, method, session=None, **parameters):
        number, until = self.send(method, session, **parameters), time.monotonic() + PATIENCE
        while True:
            message = self.receive(until)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def page(self):
        return Page(self)


class Page:
    def __init__(self, browser):
        self.browser, self.requests, self.said, self.loaded = browser, [], [], False
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Network", "Runtime", "Log", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def heard(self, method, event):
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.said.append(f"console.{event['type']}")
        elif method == "Runtime.exceptionThrown":
            self.said.append("exception: " + event["exceptionDetails"]["text"])
        elif method == "Log.entryAdded":
            self.said.append(f"{event['entry']['level']}: {event['entry']['text']}")
        elif method == "Audits.issueAdded":
            self.said.append("issue: " + event["issue"]["code"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def open(self, path, width, height=900, scheme="light", media="screen"):
        """Loads a file; what it asks for and says is in `requests` (without itself) and `said`."""
        self.requests, self.said, self.loaded = [], [], False
        self.look(width, height, scheme, media)
        url = "file://" + path
        self.call("Page.navigate", url=url)
        until = time.monotonic() + PATIENCE
        while not self.loaded:
            self.browser.receive(until)
        self.evaluate("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))))")
        self.requests = [r for r in self.requests if r != url and not r.startswith("data:")]

    def look(self, width, height=900, scheme="light", media="screen"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
        return result["result"].get("value")

    def png(self, box):
        """Of a part of the whole page: x, y, width, height in px; base64."""
        clip = dict(zip(("x", "y", "width", "height"), box), scale=1)
        return self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]

    def pdf(self):
        self.call("Emulation.setEmulatedMedia", media="", features=[]) # or it prints what the screen shows
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])

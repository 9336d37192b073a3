#!/usr/bin/env python3
"""Opens a status page in Chromium as somebody on another machine does: by a name, with the admin token typed into the page.

  page_with_token.py URL NAME PROFILE WRONG TOKEN [PICTURE]

NAME is made to lead to this machine. Prints what the page says before a token, after the wrong one and after the right one, the
cookies, what is kept, and what the page says after a reload. With PICTURE the page at the end is written there as PNG.
"""
import base64
import json
import os
import subprocess
import sys
import time

PATIENCE = 60  # seconds


class Page:
    """A tab, driven over the two pipes of --remote-debugging-pipe."""

    def __init__(self, name, profile):
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                   f"--user-data-dir={profile}", f"--host-resolver-rules=MAP {name} 127.0.0.1", "--remote-debugging-pipe"]
        # Chromium reads from descriptor 3 and writes to 4.
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", *command], pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._buffer, self._session = 0, b"", None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._buffer:
                more = os.read(self._in, 1 << 20)
                if not more:
                    raise SystemExit("the browser has ended")
                self._buffer += more
            text, self._buffer = self._buffer.split(b"\0", 1)
            reply = json.loads(text)
            if reply.get("id") == self._number:
                if "error" in reply:
                    raise SystemExit(f"{method}: {reply['error']}")
                return reply["result"]

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return result["result"].get("value")

    def wait_for(self, script):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.evaluate(script):
                return
            time.sleep(0.05)
        raise SystemExit(f"did not become true: {script}\n{self.evaluate('document.body && document.body.innerText')}")

    def sentence(self):
        return self.evaluate("document.getElementById('sentence').textContent")

    def give(self, token):
        self.evaluate(f"document.getElementById('token').value = {json.dumps(token)}")
        self.evaluate("document.querySelector('#login button').click()")


def main():
    url, name, profile, wrong, token = sys.argv[1:6]
    page = Page(name, profile)
    asks = "!!document.getElementById('login') && !document.getElementById('login').hidden"
    shows = ("!!document.getElementById('since') && document.getElementById('since').textContent !== '' && "
             "document.getElementById('verdict').className !== 'wait' && "
             "!/This is not the admin token|The admin token is needed/.test(document.getElementById('sentence').textContent)")
    page.call("Page.navigate", url=url)
    page.wait_for(asks)
    print("before:", page.sentence())
    page.give(wrong)
    page.wait_for(f"({asks}) && document.getElementById('sentence').textContent.includes('not the admin token')")
    print("wrong:", page.sentence())
    page.give(token)
    page.wait_for(shows)
    print("right:", page.sentence())
    print("cookies:", repr(page.evaluate("document.cookie")), "address:", page.evaluate("location.href"))
    page.evaluate("window.before = true")
    page.call("Page.reload")
    page.wait_for(f"!window.before && {shows}")
    print("reloaded:", page.sentence())
    if len(sys.argv) > 6:
        with open(sys.argv[6], "wb") as picture:
            picture.write(base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"]))
    page.evaluate("document.getElementById('forget').click()")
    page.wait_for(asks)
    print("forgotten:", page.sentence())
    page.process.kill()


if __name__ == "__main__":
    main()

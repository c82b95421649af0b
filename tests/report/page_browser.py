#!/usr/bin/env python3
"""Opens the page of a report in headless Chromium and uses it: links, sorting, keyboard, values, sizes.

page_browser.py PAGE [--pictures FOLDER]

Prints what was checked; exit code 1 with the reason if something is wrong. Without a browser it prints that it was skipped
and ends with code 0. It talks to the browser over a pipe, so that it needs nothing but Python and opens no port.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]


class Browser:
    def __init__(self, program, folder):
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()

        def place_pipes():
            # The browser reads commands from descriptor 3 and writes answers to 4.
            a, b = os.dup(to_read), os.dup(to_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={folder}"],
            preexec_fn=place_pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest, self.count, self.messages = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer.get("result", {})

    def next(self):
        while b"\0" not in self.rest:
            data = os.read(self.read_end, 1 << 20)
            if not data:
                raise RuntimeError("the browser ended")
            self.rest += data
        raw, self.rest = self.rest.split(b"\0", 1)
        event = json.loads(raw)
        if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.messages.append(json.dumps(event["params"])[:400])
        if event.get("method") == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if not url.startswith(("file:", "data:", "about:")):
                self.messages.append("asked for " + url)
        return event

    def open(self, page, width, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=page.as_uri())
        while self.next().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      text="\r" if key == "Enter" and kind == "keyDown" else "")

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def check(ok, what):
    if not ok:
        raise AssertionError(what)
    print("ok:", what)


def use_tables(browser):
    # The first column of numbers of the first sortable table, as a reader would sort it: by keyboard.
    browser.value("""window.column = Array.from(document.querySelectorAll("table.sort thead th.r"))[0];
        window.table = column.closest("table"); window.place = column.cellIndex;
        window.numbers = () => Array.from(table.tBodies[0].rows).map(r => parseFloat(r.cells[place].textContent))
            .filter(n => !isNaN(n));
        window.before = JSON.stringify(numbers()); column.querySelector("button").focus()""")
    rows = browser.value("table.tBodies[0].rows.length")
    browser.press("Enter", 13)
    check(browser.value("column.getAttribute('aria-sort')") == "ascending", "Enter on a header sorts its column")
    check(browser.value("numbers().every((n, i, a) => i === 0 || a[i - 1] <= n)"), "its numbers ascend")
    browser.press("Enter", 13)
    check(browser.value("numbers().every((n, i, a) => i === 0 || a[i - 1] >= n)"), "and descend at the second press")
    browser.press("Enter", 13)
    check(browser.value("JSON.stringify(numbers()) === before"), "the third press restores the order of the report")
    check(browser.value("table.tBodies[0].rows.length") == rows, "no row is lost")


def use_figures(browser):
    browser.value("""window.figure = document.querySelector("figure[data-marks]"); window.svg = figure.querySelector("svg");
        svg.scrollIntoView({block: "center"}); window.mark = JSON.parse(figure.dataset.marks)[0];
        window.matrix = svg.getScreenCTM()""")
    x = browser.value("matrix.a * mark[0] + matrix.e")
    y = browser.value("matrix.d * mark[1] + matrix.f")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    check(browser.value("!figure.querySelector('.tip').hidden && figure.querySelector('.tip').textContent.length > 3"),
          "the value under the pointer is shown")
    browser.value("svg.focus()")
    browser.press("ArrowRight", 39)
    first = browser.value("figure.querySelector('.tip').textContent")
    browser.press("ArrowRight", 39)
    check(first and first != browser.value("figure.querySelector('.tip').textContent"), "arrow keys go from value to value")
    browser.press("Escape", 27)
    check(browser.value("figure.querySelector('.tip').hidden"), "Escape hides the value")
    width = browser.value("svg.getBoundingClientRect().width")
    browser.value("figure.querySelector('.tools button').focus()")
    browser.press("Enter", 13)
    check(browser.value("svg.getBoundingClientRect().width") > 1.2 * width, "a figure becomes larger by keyboard")


def letter_height(browser):
    return browser.value("""Math.min(...Array.from(document.querySelectorAll("figure svg")).slice(0, 5).map(
        s => 11 * s.getBoundingClientRect().width / s.viewBox.baseVal.width))""")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    arguments = parser.parse_args()
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if not program:
        print("skipped: no Chromium on this machine (Debian: apt-get install chromium-headless-shell)")
        return 0
    page = arguments.page.resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            browser.open(page, 1400)
            broken = browser.value("""Array.from(document.querySelectorAll("a[href^='#']")).map(a => a.getAttribute("href"))
                .filter(h => !document.getElementById(decodeURIComponent(h.slice(1))))""")
            check(broken == [], f"every link inside the page leads somewhere {broken[:3]}")
            check(browser.value("document.querySelectorAll('figure svg:not([aria-label])').length") == 0,
                  "every figure has a text for readers who do not see it")
            use_tables(browser)
            use_figures(browser)
            for width in (1400, 400):
                for dark in (False, True):
                    browser.open(page, width, dark)
                    check(browser.value("document.documentElement.scrollWidth") <= width,
                          f"nothing leaves the page at {width} px")
                    check(letter_height(browser) >= 7, f"letters of figures can be read at {width} px")
                    check(browser.value("""Array.from(document.querySelectorAll("figure .scroll")).every(box =>
                        box.scrollWidth <= box.clientWidth + 2 ||
                        0.64 * box.querySelector("svg").viewBox.baseVal.width > box.clientWidth)"""),
                          f"a figure is shown whole at {width} px if its letters stay large enough")
                    check(browser.value("""Array.from(document.querySelectorAll(".scroll")).every(box =>
                        box.classList.contains("more") === (box.scrollWidth > box.clientWidth + 2))"""),
                          f"what goes beyond the edge is marked at {width} px")
                    check(browser.value("""Array.from(document.querySelectorAll("section .up")).every(link => {
                        const words = document.createRange(); words.selectNodeContents(link.parentNode.querySelector("h2"));
                        const a = link.getBoundingClientRect();
                        return Array.from(words.getClientRects()).every(b => b.bottom <= a.top + 1 || b.top >= a.bottom - 1 ||
                            b.right + 8 <= a.left); })"""), f"no heading touches the link to the contents at {width} px")
                    light = browser.value("parseInt(getComputedStyle(document.body).backgroundColor.slice(4))")
                    check((light < 60) == dark, "dark and light follow the reader's setting")
                    if arguments.pictures:
                        arguments.pictures.mkdir(exist_ok=True)
                        name = f"{width}-{'dark' if dark else 'light'}"
                        browser.picture(arguments.pictures / f"{name}.png")
                        browser.value("document.querySelector('figure').scrollIntoView()")
                        browser.picture(arguments.pictures / f"{name}-figure.png")
            check(browser.messages == [], f"no message in the console, and nothing loaded from elsewhere {browser.messages[:2]}")
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (AssertionError, RuntimeError) as error:
        print("wrong:", error)
        sys.exit(1)

"""What does a shopper with a slow line see? A proxy that lets a browser's scripts come late, and what scripts ask for.

A page can be seen and clicked before its scripts have run. On a quick machine that gap is too short to be met, so a
test that falls into it passes for months; `--late` makes it long.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.ground.listening import serving

# Of one connection alone, or counted anew here.
_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "content-length"}
_LONGEST_S = 120


@contextmanager
def late(seconds: float) -> Iterator[str]:
    """The proxy's address for plain http. Scripts come so much later, what they fetch half as much."""
    waits = {"script": seconds, "empty": seconds / 2}
    over = threading.Event()

    class Line(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            status, headers, body = self._asked()
            over.wait(waits.get(self.headers.get("Sec-Fetch-Dest", ""), 0))
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            if status not in {204, 304}:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815 - the library looks for these names

        def _asked(self) -> tuple[int, list[tuple[str, str]], bytes]:
            url = urlsplit(self.path)
            path = url._replace(scheme="", netloc="").geturl() or "/"
            server = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_LONGEST_S)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                server.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in _HOP - {"content-length"}:
                        server.putheader(name, value)
                server.putheader("Connection", "close")
                server.endheaders(body)
                answer = server.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except OSError:
                return 502, [], b""
            finally:
                server.close()

        def log_message(self, *_words: Any) -> None:
            """Nothing: pytest's output is read by people."""

    class Proxy(ThreadingHTTPServer):
        daemon_threads = True  # a browser that is closed leaves connections open
        request_queue_size = 100

        def handle_error(self, *_words: Any) -> None:
            """A browser that left before its answer came is no news."""

    with serving(Proxy(("127.0.0.1", 0), Line)) as origin:
        try:
            yield origin
        finally:
            over.set()

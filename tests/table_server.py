"""A server with tables that answers queries as TSD's file API does with pysquril 1.2.1, as far as reader.py asks."""

import contextlib
import http.server
import json
import re
import threading
from urllib.parse import unquote

TOKEN = "token-of-a-member"


def value(row, name):
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


def fits(row, where):
    name, operator, given = re.match(r"([\w.]+)=(gt|in)\.(.*)\Z", where).groups()
    found = value(row, name)
    if operator == "in":
        return found in given.strip("[]").split(",")
    assert re.match(r"(\d+|'[^']*')\Z", given), "this would be another query"
    # a number is compared as one, a quoted text as a text
    return found is not None and (found > int(given) if re.match(r"\d+\Z", given) else found > given.strip("'"))


def select(rows, query):
    clauses = dict(clause.split("=", 1) for clause in query.split("&"))
    if "where" in clauses:
        rows = [row for row in rows if fits(row, clauses["where"])]
    if "order" in clauses:
        name = re.match(r"(.*)\.asc\Z", clauses["order"]).group(1)
        rows = sorted(rows, key=lambda row: (value(row, name) is not None, value(row, name)))
    if "range" in clauses:
        # limit and offset, not begin and end
        offset, limit = (int(number) for number in clauses["range"].split("."))
        rows = rows[offset : offset + limit]
    if "select" in clauses:
        return [[value(row, name) for name in clauses["select"].split(",")] for row in rows]
    return rows


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = unquote(self.path).partition("?")
        self.server.asked.append(unquote(self.path))
        status, body = 200, b""
        if self.headers.get("Authorization") != "Bearer " + TOKEN:
            status = 403
        elif path not in self.server.tables:
            status = 404
        else:
            body = json.dumps(select(self.server.tables[path], query)).encode("utf-8")
            body = body[: self.server.cut]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def table_server():
    """A server with `url`, `tables` ({path: [row]}), `asked` ([path and query]) and `cut` (bytes of an answer)."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.tables, server.asked, server.cut = {}, [], None
        server.url = "http://127.0.0.1:%d" % server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()

"""A mail server on loopback, which keeps what it takes, or refuses it."""

import contextlib
import email
import socketserver
import threading


class Session(socketserver.StreamRequestHandler):
    """One conversation of RFC 5321, as far as smtplib needs it."""

    def handle(self):
        self.say("220 ready")
        for line in iter(self.rfile.readline, b""):
            word = line.split(b":")[0].split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.say("354 go on")
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.server.refusing:
                    self.say("451 try again")
                    continue
                self.server.mails.append(email.message_from_bytes(content))
            elif word == b"QUIT":
                self.say("221 bye")
                break
            self.say("250 ok")

    def say(self, text):
        self.wfile.write(text.encode("ascii") + b"\r\n")


@contextlib.contextmanager
def mail_server():
    """A server with `port`, `mails` (list of email.message.Message) and `refusing` (bool)."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.mails, server.refusing, server.port = [], False, server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()

"""Servers of the lab that Debian has no small program for. usage: lab_server.py world | ftp FOLDER | line PORT
world: answers UDP 123 as a clock would, and takes whatever is sent to TCP 9000 over HTTP; ftp: a real FTP server that lets one user in;
line: says every line back."""
import http.server
import socket
import socketserver
import sys
import threading


class Clock(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(b"\x24\x02" + bytes(46), self.client_address)


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        while left > 0 and (taken := self.rfile.read(min(left, 1 << 20))):
            left -= len(taken)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


class Datagrams(socketserver.ThreadingUDPServer):
    address_family = socket.AF_INET6


class Web(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


class Streams(socketserver.ThreadingTCPServer):
    address_family, allow_reuse_address, daemon_threads = socket.AF_INET6, True, True


def ftp(folder):
    from pyftpdlib.authorizers import DummyAuthorizer  # pylint: disable=import-outside-toplevel,import-error
    from pyftpdlib.handlers import FTPHandler  # pylint: disable=import-outside-toplevel,import-error
    from pyftpdlib.servers import FTPServer  # pylint: disable=import-outside-toplevel,import-error
    users = DummyAuthorizer()
    users.add_user("keeper", "a long word that no list has", folder, perm="elr")
    handler = type("Handler", (FTPHandler,), {"authorizer": users, "auth_failed_timeout": 0})
    FTPServer(("::", 21), handler).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "world":
        threading.Thread(target=Datagrams(("::", 123), Clock).serve_forever, daemon=True).start()
        Web(("::", 9000), Sink).serve_forever()
    elif sys.argv[1] == "ftp":
        ftp(sys.argv[2])
    else:
        Streams(("::", int(sys.argv[2])), Lines).serve_forever()

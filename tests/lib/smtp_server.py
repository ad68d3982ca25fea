#!/usr/bin/python3
"""A real SMTP server (aiosmtpd) for tests: STARTTLS, AUTH, refusals. Keeps what it gets.

Each message becomes FOLDER/N.eml, as received, and FOLDER/N.json: what Python's email package reads in it. The first line
on standard output is the port. Ends when standard input ends.
"""
import argparse
import email
import email.policy
import json
import os
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PATIENCE = 120  # seconds


class Keeper:
    def __init__(self, arguments):
        self.arguments = arguments
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.arguments.refuse:
            return "550 5.1.1 no such mailbox"
        if address in self.arguments.put_off:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        path = os.path.join(self.arguments.folder, str(self.count))
        with open(path + ".eml", "wb") as file:
            file.write(envelope.original_content)
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        facts = {
            "mail_from": envelope.mail_from,
            "rcpt_tos": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "authenticated": bool(session.authenticated),
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(defect) for defect in message.defects]
            + [str(defect) for _, value in message.items() for defect in getattr(value, "defects", [])],
            "type": message.get_content_type(),
            "charset": message.get_content_charset(),
            "date": message["Date"].datetime.isoformat(),
            "body": message.get_content(),
            "longest_line": max(len(line) for line in envelope.original_content.split(b"\r\n")),
            "ascii": all(byte < 128 for byte in envelope.original_content),
        }
        with open(path + ".json.new", "w", encoding="utf-8") as file:
            json.dump(facts, file, ensure_ascii=False)
        os.rename(path + ".json.new", path + ".json")
        return "250 2.0.0 kept as message %d" % self.count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--certificate", help="PEM; with it STARTTLS is offered and demanded")
    parser.add_argument("--key")
    parser.add_argument("--user", help="with it AUTH is demanded")
    parser.add_argument("--password")
    parser.add_argument("--refuse", action="append", default=[], help="a recipient that gets 550")
    parser.add_argument("--put-off", action="append", default=[], help="a recipient that gets 451")
    arguments = parser.parse_args()

    context = None
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate, arguments.key)

    def authenticate(server, session, envelope, mechanism, data):
        known = (
            isinstance(data, LoginPassword)
            and data.login.decode() == arguments.user
            and data.password.decode() == arguments.password
        )
        return AuthResult(success=known)

    class AnyPort(Controller):
        def _trigger_server(self):
            """As the library does, on the port that it got, and as long as a busy machine takes."""
            self.port = self.server.sockets[0].getsockname()[1]
            with socket.create_connection((self.hostname, self.port), PATIENCE) as client:
                client.recv(1024)

    controller = AnyPort(
        Keeper(arguments),
        hostname="127.0.0.1",
        port=0,
        ready_timeout=PATIENCE,
        tls_context=context,
        require_starttls=context is not None,
        authenticator=authenticate if arguments.user else None,
        auth_required=arguments.user is not None,
        auth_require_tls=context is not None,
        ident="test",
    )
    controller.start()
    print(controller.port, flush=True)
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main()

"""A real SMTP server (aiosmtpd) on loopback that keeps the mails of each recipient in memory and refuses whom it is told to; and the
mails that come back: delivery status notifications (RFC 3464), answers, automatic answers."""
import base64
import re
import socket

from aiosmtpd.controller import Controller

PATIENCE = 120  # seconds


class Post:
    def __init__(self, refused=None):
        self.refused = refused or {}  # address -> the server's words
        self.mails = {}               # address -> [bytes]
        self.count = 0
        post = self

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address in post.refused:
                    return post.refused[address]
                envelope.rcpt_tos.append(address)
                return "250 2.1.5 recipient ok"

            async def handle_DATA(self, server, session, envelope):
                for address in envelope.rcpt_tos:
                    post.mails.setdefault(address, []).append(envelope.original_content)
                post.count += 1
                return "250 2.0.0 kept as message %d" % post.count

        class AnyPort(Controller):
            def _trigger_server(self):
                """As the library does, on the port that it got, and as long as a busy machine takes."""
                self.port = self.server.sockets[0].getsockname()[1]
                with socket.create_connection((self.hostname, self.port), PATIENCE) as client:
                    client.recv(1024)

        self.controller = AnyPort(Handler(), hostname="127.0.0.1", port=0, ident="test", ready_timeout=PATIENCE)
        self.controller.start()
        self.port = self.controller.port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def config(self):
        return 'notify = { smtp_server = "smtp://127.0.0.1:%d"; smtp_from = "centre@centre.example"; smtp_starttls = "never"; };' % self.port


def header(mail, name):
    return re.search(rb"(?im)^" + name.encode() + rb": *(.*?)\r?$", mail).group(1).decode()


def body(mail):
    return base64.b64decode(mail.split(b"\r\n\r\n", 1)[1]).decode()


def secret(mail):
    return re.search(r"/d/([0-9a-f]{64})", body(mail)).group(1)


def bounce(mail, address, status, words, action="failed"):
    """As RFC 3464 shows it, with the header of the mail that came back."""
    lines = ["Return-Path: <>", "From: MAILER-DAEMON@mx.example (Mail Delivery System)", "To: centre@centre.example",
             "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
             "Content-Type: multipart/report; report-type=delivery-status;", '\tboundary="9B.1/mx.example"', "", "This is a MIME-encapsulated message.",
             "", "--9B.1/mx.example", "Content-Type: text/plain", "", "I'm sorry to have to inform you ...", "", "--9B.1/mx.example",
             "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; " + address,
             "Action: " + action, "Status: " + status, "Diagnostic-Code: smtp; 550 %s %s" % (status, words), "", "--9B.1/mx.example",
             "Content-Type: text/rfc822-headers", "", "From: centre@centre.example", "Message-ID: " + header(mail, "Message-ID"), "",
             "--9B.1/mx.example--", ""]
    return "\r\n".join(lines).encode()


def answer(mail, sender, automatic=False):
    lines = ["Return-Path: <%s>" % sender, "From: \"Somebody\" <%s>" % sender, "To: centre@centre.example", "Subject: Re: it",
             "In-Reply-To: " + header(mail, "Message-ID"), "Message-ID: <1@op.example>"]
    lines += ["Auto-Submitted: auto-replied"] if automatic else []
    return "\r\n".join(lines + ["", "We have it.", ""]).encode()

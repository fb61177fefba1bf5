"""A real SMTP server (aiosmtpd) whose behaviour a test chooses.

Arguments: one JSON object, see `Behaviour`. Every event is one JSON line on standard output. Commands are lines
on standard input: `away` closes the port and every connection but keeps the port ours, `back` opens it again, and
a JSON object changes the behaviour from now on. The server ends with its standard input.
"""

import asyncio
import base64
import json
import socket
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

# rcpt: {address: [replies, the last one stays]}, data: {address: reply}, hold: addresses whose mail is never
# acknowledged; smtputf8: whether that is offered; security: none, starttls, tls; cert, key: PEM files; user, password; mechanism: the only one offered.
DEFAULTS = {"rcpt": {}, "data": {}, "hold": [], "smtputf8": True, "security": "none", "away": False}
behaviour = dict(DEFAULTS)
connections = set()


def tell(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        replies = behaviour["rcpt"].get(address, ["250 OK"])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        tell("rcpt", to=address, reply=reply)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if to in behaviour["hold"]:
            tell("held", to=to)
            await asyncio.Event().wait()
        reply = behaviour["data"].get(to, "250 OK")
        if reply.startswith("250"):
            tell(
                "mail",
                sender=envelope.mail_from,
                to=envelope.rcpt_tos,
                hello=session.host_name,
                encrypted=server.transport.get_extra_info("ssl_object") is not None,
                user=session.auth_data,
                data=base64.b64encode(envelope.original_content).decode(),
            )
        else:
            tell("refused", to=to)
        return reply


class Server(SMTP):
    def connection_made(self, transport):
        connections.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error):
        connections.discard(self.transport)
        super().connection_lost(error)


def authenticate(server, session, envelope, mechanism, data):
    assert isinstance(data, LoginPassword)
    user = data.login.decode()
    right = user == behaviour["user"] and data.password.decode() == behaviour["password"]
    tell("auth", mechanism=mechanism, right=right)
    return AuthResult(success=right, handled=right, auth_data=user)


def tls_context():
    if behaviour["security"] == "none":
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(behaviour["cert"], behaviour["key"])
    return context


def protocol():
    options = {}
    if behaviour["security"] == "starttls":
        options.update(tls_context=tls_context(), require_starttls=True)
    if "user" in behaviour:
        offered = behaviour.get("mechanism")
        excluded = [name for name in ("PLAIN", "LOGIN") if offered and name != offered]
        options.update(
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=behaviour["security"] == "starttls",
            auth_exclude_mechanism=excluded,
        )
    return Server(Handler(), hostname="relay.test", enable_SMTPUTF8=behaviour["smtputf8"], **options)


def bound(port):
    """A socket that has the port but refuses connections until it listens."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


async def main():
    behaviour.update(json.loads(sys.argv[1]))
    loop = asyncio.get_running_loop()
    sock = bound(0)
    port = sock.getsockname()[1]

    async def listen(sock):
        implicit = tls_context() if behaviour["security"] == "tls" else None
        return await loop.create_server(protocol, sock=sock, ssl=implicit)

    server = None if behaviour["away"] else await listen(sock)
    tell("ready", port=port)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().strip():
        if line == "away":
            server.close()
            for transport in list(connections):
                transport.abort()
            sock = bound(port)
        elif line == "back":
            server = await listen(sock)
        else:
            behaviour.update(json.loads(line))
        tell("done")


asyncio.run(main())

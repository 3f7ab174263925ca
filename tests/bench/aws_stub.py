"""An AWS that answers every call over HTTPS and knows nothing, in a process of its own.

DynamoDB finds no item and takes every write, EventBridge takes every event, SNS every message;
any other call is answered with an empty document.
"""

from __future__ import annotations

import json
import multiprocessing
import ssl
import subprocess
import threading
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket

from http_wire import HttpRequest, listen, read_request, write_response

PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)
EMPTY_CBOR_MAP = b"\xa0"


class Certificates:
    """A certificate for localhost, the authority that signed it, and a bundle of that and the machine's own.

    The functions read the whole bundle, as they would in Lambda: a bundle of one would flatter them.
    """

    def __init__(self, folder: Path):
        self.authority, self.bundle = folder / "authority.pem", folder / "bundle.pem"
        self.certificate, self.key = folder / "localhost.pem", folder / "localhost.key"
        self._make(folder)
        system = ssl.get_default_verify_paths().cafile
        self.bundle.write_bytes(self.authority.read_bytes() + (Path(system).read_bytes() if system else b""))

    def _make(self, folder: Path) -> None:
        authority_key, request, extensions = folder / "authority.key", folder / "request.pem", folder / "extensions"
        extensions.write_text("basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _openssl("req", "-x509", *new_key, "-keyout", authority_key, "-out", self.authority, "-subj", "/CN=bench", "-days", "2")
        _openssl("req", *new_key, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial"),
            *("-extfile", extensions, "-out", self.certificate, "-days", "2"),
        )


class AwsStub:
    """The stub for the length of a `with` block."""

    def __init__(self, certificates: Certificates):
        self._certificates = certificates
        self._calls: Synchronized = multiprocessing.Value("q", 0)
        self._listener = listen()
        self._process = multiprocessing.Process(target=_serve, args=(self._listener, certificates, self._calls), daemon=True)

    def __enter__(self) -> AwsStub:
        self._process.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.kill()
        self._process.join()
        self._listener.close()

    def calls(self) -> int:
        """How many calls it has answered so far."""
        return self._calls.value

    def environment(self) -> dict[str, str]:
        """What a process needs to find the stub and to trust it, in each SDK's own words."""
        return {
            "AWS_ENDPOINT_URL": f"https://localhost:{self._listener.getsockname()[1]}",
            "SSL_CERT_FILE": str(self._certificates.bundle),  # Rust
            "AWS_CA_BUNDLE": str(self._certificates.bundle),  # boto3
            "NODE_EXTRA_CA_CERTS": str(self._certificates.authority),  # Node: added to its own bundle
        }


def _serve(listener: socket, certificates: Certificates, calls: Synchronized) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_converse, args=(connection, context, calls), daemon=True).start()


def _converse(connection: socket, context: ssl.SSLContext, calls: Synchronized) -> None:
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    try:
        with context.wrap_socket(connection, server_side=True) as secured:
            stream = secured.makefile("rb")
            while request := read_request(stream):
                with calls.get_lock():
                    calls.value += 1
                write_response(secured, 200, *_answer(request))
    except OSError:  # the client was ended in the middle of it
        return


def _answer(request: HttpRequest) -> tuple[dict[str, str], bytes]:
    if "smithy-protocol" in request.headers:
        return {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, EMPTY_CBOR_MAP
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {"Content-Type": "text/xml"}, PUBLISHED
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    return {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(_document(operation, request.body)).encode()


def _document(operation: str, body: bytes) -> dict:
    if operation in ("Query", "Scan"):
        return {"Items": [], "Count": 0, "ScannedCount": 0}
    if operation == "TransactGetItems":
        return {"Responses": [{} for _ in json.loads(body)["TransactItems"]]}
    if operation == "BatchGetItem":
        return {"Responses": {}, "UnprocessedKeys": {}}
    if operation == "PutEvents":
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in json.loads(body)["Entries"]]}
    return {}


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

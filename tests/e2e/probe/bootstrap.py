#!/usr/bin/env python3
"""A Lambda function that prints each event and does what its `detail.do` says: greet, fail or hang."""

import json
import os
import time
import urllib.request

INVOCATION = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def post(path: str, body: dict) -> None:
    request = urllib.request.Request(f"{INVOCATION}/{path}", data=json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()


while True:
    with urllib.request.urlopen(f"{INVOCATION}/next") as answer:
        request_id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    print(json.dumps({"event": event}), flush=True)
    wish = event.get("detail", {}).get("do")
    if wish == "hang":
        time.sleep(60)
    if wish == "fail":
        post(f"{request_id}/error", {"errorMessage": "asked to fail", "errorType": "Asked"})
    else:
        post(f"{request_id}/response", {"greeting": os.environ["GREETING"]})

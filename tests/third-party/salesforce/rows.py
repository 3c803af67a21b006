"""What the Python rows share: the simulator's address, its app, and how a row is reported."""

import os
import sys
import traceback

import requests

URL = os.environ["SIMULATOR_URL"]
CALLBACK = "http://localhost/callback"


def control(method, path, body=None):
    """Calls a control endpoint and gives its answer."""
    response = requests.request(method, f"{URL}/_control/{path}", json=body, timeout=30)
    response.raise_for_status()
    return response.json() if response.content else None


def app():
    """The id and secret of the simulator's app."""
    registered = control("GET", "app")
    return registered["clientId"], registered["clientSecret"]


def run(client, rows):
    """Runs every row, prints one line for each, and exits non-zero when one failed."""
    failed = False
    for number, row in rows:
        control("DELETE", "faults")
        try:
            seen = row()
            print(f"row {number} {client}: ok, {seen}")
        except Exception as error:
            failed = True
            traceback.print_exc()
            print(f"row {number} {client}: FAILED, {error!r}")
    control("DELETE", "faults")
    sys.exit(1 if failed else 0)

"""Row 9 of the matrix, with plain HTTP."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import requests

import rows
from rows import CALLBACK, URL, control

KEY, SECRET = rows.app()


def token(**pairs):
    """Posts to the token endpoint and gives status and body."""
    form = {"client_id": KEY, "client_secret": SECRET, **pairs}
    response = requests.post(f"{URL}/services/oauth2/token", data=form, timeout=30)
    return response.status_code, response.json()


def refused(answer, error, description):
    assert answer == (400, {"error": error, "error_description": description}), answer


def consent(**pairs):
    """Approves on the consent page and gives the code."""
    form = {"response_type": "code", "client_id": KEY, "redirect_uri": CALLBACK, "decision": "approve", **pairs}
    response = requests.post(f"{URL}/services/oauth2/authorize", data=form, allow_redirects=False, timeout=30)
    assert response.status_code == 302, response.text
    return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


def exchange(code, **pairs):
    return token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **pairs)


def refresh(value):
    return token(grant_type="refresh_token", refresh_token=value)


def pkce():
    verifier = base64.urlsafe_b64encode(secrets.token_bytes(128)).rstrip(b"=").decode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = consent(code_challenge=challenge, code_challenge_method="S256")
    refused(exchange(code, code_verifier="x" * 43), "invalid_grant", "invalid code verifier")
    assert exchange(code, code_verifier=verifier)[0] == 200
    return "mismatch refused, a 171-character verifier accepted"


def reuse():
    code = consent()
    assert exchange(code)[0] == 200
    refused(exchange(code), "invalid_grant", "expired authorization code")
    refused(exchange("aPrxUnknown=="), "invalid_grant", "invalid authorization code")
    return "a code is good once"


def redirect():
    form = {"response_type": "code", "client_id": KEY, "redirect_uri": "http://localhost/elsewhere"}
    response = requests.get(f"{URL}/services/oauth2/authorize", params=form, allow_redirects=False, timeout=30)
    assert "location" not in response.headers and "redirect_uri_mismatch" in response.text
    answer = token(grant_type="authorization_code", code=consent(), redirect_uri="http://localhost/elsewhere")
    refused(answer, "redirect_uri_mismatch", "redirect_uri must match configuration")
    return "a wrong redirect is shown, never followed"


def revoked():
    value = exchange(consent())[1]["refresh_token"]
    assert requests.post(f"{URL}/services/oauth2/revoke", data={"token": value}, timeout=30).status_code == 200
    refused(refresh(value), "invalid_grant", "expired access/refresh token")
    return "a revoked token refreshes nothing"


def five():
    values = [exchange(consent())[1]["refresh_token"] for _ in range(6)]
    refused(refresh(values[0]), "invalid_grant", "expired access/refresh token")
    assert all(refresh(value)[0] == 200 for value in values[1:])
    return "the sixth grant revokes the first"


def rotation():
    control("PUT", "faults", {"rotateRefreshTokens": True})
    old = exchange(consent())[1]["refresh_token"]
    new = refresh(old)[1]["refresh_token"]
    refused(refresh(old), "invalid_grant", "expired access/refresh token")
    refused(refresh(new), "invalid_grant", "expired access/refresh token")
    return "reuse of a rotated token ends the grant"


rows.run("plain HTTP", [(9, row) for row in (pkce, reuse, redirect, revoked, five, rotation)])

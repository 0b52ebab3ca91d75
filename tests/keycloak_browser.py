"""A person's browser at the real Keycloak of scripts/services.py: fills its forms, and redeems the code as a client."""

import base64
import hashlib
import hmac
import html
import json
import re
import secrets
import struct
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from scripts.keycloak_realm import PEOPLE, client_secret, password

# nobody listens there: an answer is read from the Location that leads to it
BACK = "http://127.0.0.1:9/oauth/authorized/keycloak/"
TIMEOUT = 30
STEPS = 10


def one_time_code(secret, now=None):
    """The six digits of RFC 6238 with SHA-1 and 30 s; secret: text, its bytes are the key."""
    counter = struct.pack(">Q", int(time.time() if now is None else now) // 30)
    mac = hmac.new(secret.encode(), counter, hashlib.sha1).digest()
    (number,) = struct.unpack_from(">I", mac, mac[-1] & 15)
    return "%06d" % ((number & 0x7FFFFFFF) % 10**6)


class Answer:
    """What came of one authorization request.

    asked: names of the forms that were filled in, in order; claims: of the id token, or None; error: what the client
    was told, or None; status, page: those of a page of Keycloak's that nobody can go on from, or None.
    """

    def __init__(self, asked, claims=None, error=None, status=None, page=None):
        self.asked, self.claims, self.error, self.status, self.page = asked, claims, error, status, page

    def __getitem__(self, claim):
        return self.claims[claim]

    @property
    def age(self):
        """Seconds from auth_time to the making of the id token."""
        return self["iat"] - self["auth_time"]


class KeycloakBrowser:
    """One session of a browser; issuer: the realm's URL."""

    def __init__(self, issuer, person):
        self.issuer, self.person = issuer, person
        self.session = requests.Session()

    def sign_in(self, client="catalogue", with_pkce=True, **parameters):
        """Send an authorization request, and fill in what is asked until the client or a dead end is reached."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        query = dict(parameters, client_id=client, response_type="code", scope="openid", redirect_uri=BACK, nonce=nonce)
        if with_pkce:
            challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            query.update(code_challenge=challenge, code_challenge_method="S256")
        asked = []
        response = self._send("GET", "%s/protocol/openid-connect/auth?%s" % (self.issuer, urlencode(query)))
        for _ in range(STEPS):
            target = response.headers.get("Location")
            if target and target.startswith(BACK):
                back = dict(parse_qsl(urlsplit(target).query))
                if "code" not in back:
                    return Answer(asked, error=back["error"])
                claims = self._redeem(client, back["code"], verifier)
                assert claims["nonce"] == nonce
                return Answer(asked, claims)
            if target:
                response = self._send("GET", target)
                continue
            form = re.search(r'<form[^>]+action="([^"]+)"', response.text)
            filled = self._filled(re.findall(r'<input[^>]+name="([^"]+)"', response.text)) if form else None
            # a form that comes back refuses what was filled in
            if not filled or filled[0] in asked:
                return Answer(asked, status=response.status_code, page=_text(response.text))
            asked.append(filled[0])
            response = self._send("POST", html.unescape(form.group(1)), data=filled[1])
        raise AssertionError("Keycloak went on after %d answers" % STEPS)

    def _filled(self, names):
        if "otp" in names and PEOPLE[self.person][1]:
            return "otp", {"otp": one_time_code(PEOPLE[self.person][1])}
        if "password" in names:
            return "password", {"username": self.person, "password": password(self.person)}
        return None

    def _send(self, method, url, **options):
        # Keycloak's cookies are Secure on loopback too: browsers send them there, and requests does not
        for cookie in self.session.cookies:
            cookie.secure = False
        return self.session.request(method, url, allow_redirects=False, timeout=TIMEOUT, **options)

    def _redeem(self, client, code, verifier):
        """The claims of the id token; its signature is not what is looked at here."""
        response = requests.post(
            self.issuer + "/protocol/openid-connect/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": BACK,
                "client_id": client,
                "client_secret": client_secret(client),
                "code_verifier": verifier,
            },
            timeout=TIMEOUT,
        )
        payload = response.json()["id_token"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=="))


def _text(page):
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", body))).strip()

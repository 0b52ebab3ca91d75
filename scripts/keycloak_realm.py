#!/usr/bin/env python3
"""What does the realm of the tests hold? Two levels of sign-in, people with and without a second factor, two clients.

    python3 scripts/keycloak_realm.py > catalogue-realm.json

The file is one for `--import-realm` of Keycloak 26. Its passwords and secrets are public: it is for tests on a machine
of one's own.
"""

import json

REALM = "catalogue"
# of REFEDS: https://refeds.org/profile/mfa
MFA = "https://refeds.org/profile/mfa"
SECONDS_OF_LEVEL = "36000"
# username: (groups, the secret of the one-time codes or None)
PEOPLE = {
    "curator": (["curators"], "secret-of-the-curator"),
    "operator": (["operators"], "secret-of-the-operator"),
    "unenrolled": (["curators"], None),
}
CLIENTS = ("catalogue", "other")
HOSTS = ("127.0.0.1", "localhost")


def password(username):
    return username + "-password"


def client_secret(client):
    return client + "-secret"


def realm():
    """The realm as Keycloak's JSON representation."""
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "attributes": {"acr.loa.map": json.dumps({"password": 1, MFA: 2})},
        "browserFlow": "levels",
        "authenticationFlows": [
            _flow("levels", True, _step("auth-cookie", "ALTERNATIVE"), _part("forms", "ALTERNATIVE")),
            _flow("forms", False, _part("level 1", "CONDITIONAL"), _part("level 2", "CONDITIONAL")),
            _level("level 1", "auth-username-password-form", "password"),
            _level("level 2", "auth-otp-form", "otp"),
        ],
        "authenticatorConfig": [
            _config("level 1", {"loa-condition-level": "1", "loa-max-age": SECONDS_OF_LEVEL}),
            _config("level 2", {"loa-condition-level": "2", "loa-max-age": SECONDS_OF_LEVEL}),
            # without both keys the amr of an id token stays empty
            _config("password", {"default.reference.value": "pwd", "default.reference.maxAge": SECONDS_OF_LEVEL}),
            _config("otp", {"default.reference.value": "otp", "default.reference.maxAge": SECONDS_OF_LEVEL}),
        ],
        # all of the policy: with a part of it the page that enrols a code answers 500
        "otpPolicyType": "totp",
        "otpPolicyAlgorithm": "HmacSHA1",
        "otpPolicyInitialCounter": 0,
        "otpPolicyDigits": 6,
        "otpPolicyLookAheadWindow": 1,
        "otpPolicyPeriod": 30,
        # one person signs in more than once in 30 seconds
        "otpPolicyCodeReusable": True,
        # whoever knows a password would enrol a second factor with it
        "requiredActions": [
            {
                "alias": "CONFIGURE_TOTP",
                "name": "Configure OTP",
                "providerId": "CONFIGURE_TOTP",
                "enabled": False,
                "defaultAction": False,
                "priority": 10,
                "config": {},
            }
        ],
        "groups": [{"name": name} for name in ("curators", "operators")],
        "users": [_person(username, groups, secret) for username, (groups, secret) in PEOPLE.items()],
        "clients": [_client(name) for name in CLIENTS],
    }


def _client(name):
    in_tokens = {"id.token.claim": "true", "access.token.claim": "true"}
    groups = dict(in_tokens, **{"claim.name": "groups", "full.path": "false", "userinfo.token.claim": "true"})
    return {
        "clientId": name,
        "secret": client_secret(name),
        "protocol": "openid-connect",
        "enabled": True,
        "publicClient": False,
        "standardFlowEnabled": True,
        "directAccessGrantsEnabled": False,
        # any port: the operating system chooses that of a test's catalogue
        "redirectUris": ["%s://%s:*" % (scheme, host) for scheme in ("http", "https") for host in HOSTS],
        "attributes": {"pkce.code.challenge.method": "S256", "post.logout.redirect.uris": "+"},
        "protocolMappers": [
            _mapper("amr", "oidc-amr-mapper", in_tokens),
            _mapper("groups", "oidc-group-membership-mapper", groups),
        ],
    }


def _mapper(name, kind, config):
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config}


def _person(username, groups, secret):
    credentials = [{"type": "password", "value": password(username)}]
    if secret:
        policy = {"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"}
        credentials.append(
            {"type": "otp", "secretData": json.dumps({"value": secret}), "credentialData": json.dumps(policy)}
        )
    return {
        "username": username,
        "enabled": True,
        "email": username + "@catalogue.example.org",
        "emailVerified": True,
        "firstName": username.title(),
        "lastName": "Example",
        "groups": ["/" + group for group in groups],
        "credentials": credentials,
    }


def _flow(alias, is_top, *executions):
    numbered = [dict(execution, priority=10 * (number + 1)) for number, execution in enumerate(executions)]
    return {
        "alias": alias,
        "providerId": "basic-flow",
        "topLevel": is_top,
        "builtIn": False,
        "authenticationExecutions": numbered,
    }


def _level(alias, form, config):
    condition = _step("conditional-level-of-authentication", "REQUIRED", alias)
    return _flow(alias, False, condition, _step(form, "REQUIRED", config))


def _step(authenticator, requirement, config=None):
    step = {"authenticator": authenticator, "requirement": requirement, "authenticatorFlow": False}
    return dict(step, authenticatorConfig=config) if config else step


def _part(alias, requirement):
    return {"flowAlias": alias, "requirement": requirement, "authenticatorFlow": True}


def _config(alias, config):
    return {"alias": alias, "config": config}


if __name__ == "__main__":
    print(json.dumps(realm(), indent=2))

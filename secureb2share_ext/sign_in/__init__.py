"""Sign-in with a second factor, asked for by action.

Who releases, refuses, publishes, withdraws, erases or operates needs an authentication at an OpenID provider of a
configured strength and age. The way of a sign-in:

    gate           a page or route asks: is the session strong enough for this action? (rules, strength, tokens)
    kept           if not, what was asked waits beside the session, and the browser goes to the provider
    remote_app     the host's own sign-in route, with PKCE, a nonce and the wish for a level
    id_token       what comes back is verified before any handler of the host sees it (discovery has the keys)
    account_check  whose account it may end in (identities)
    strength       the verified level stands in the session, which is renewed, and roles follow the claims (grants)
    token_page     the value of a personal token is shown to a session of its own strength alone
    views          the browser is back: a page is shown again, a form waits for a button

Without the key SECUREB2SHARE_SIGN_IN nothing of this is there. Sources: OpenID Connect Core 1.0, RFC 7636 (PKCE),
RFC 8176 (amr), RFC 9207 (iss), RFC 9470 (step-up), https://refeds.org/profile/mfa.
"""

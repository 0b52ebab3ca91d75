"""The pages of an OpenID provider for tests and trials: user and password, code, signing out, and what went wrong.

The classes are those of the style sheet of this package, for who names it.
"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
{% if style %}<link rel="stylesheet" href="{{ style }}">
{% endif %}</head>
<body class="sb">
<main class="sb-main"><div class="wrap narrow">
<h1>{{ title }}</h1>
{% if wrong %}<p class="notice notice-stop list-gap" id="wrong" role="alert">{{ wrong }}</p>
{% endif %}{% if said %}<p class="list-gap">{{ said }}</p>
{% endif %}{% if step %}<form class="card card-up list-gap" method="post" action="{{ action }}">
{% if step == "password" %}<div class="field"><label for="username">User name</label>
<input type="text" id="username" name="username" value="{{ user }}" autocomplete="username" required
{{ described|safe }}></div>
<div class="field"><label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" required
{{ described|safe }}></div>
{% elif step == "otp" %}{% if code %}<p>Your authenticator shows <output>{{ code }}</output>.</p>
{% endif %}<div class="field"><label for="otp">Code of your authenticator</label>
<input type="text" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" autofocus required
{{ described|safe }}></div>
{% endif %}<div><button class="btn btn-main btn-wide" type="submit">{{ button }}</button></div>
{% if ticket %}<input type="hidden" name="ticket" value="{{ ticket }}">
{% endif %}</form>
{% endif %}</div></main>
</body>
</html>
"""
TITLES = {"password": "Sign in", "otp": "Second factor", "sign out": "Sign out"}
WRONG = {"password": "User name or password is wrong.", "otp": "The code is wrong."}
DESCRIBED = ' aria-invalid="true" aria-describedby="wrong"'

"""The pages of an OpenID provider for tests and trials: user and password, code, signing out, and what went wrong."""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
{% if style %}<link rel="stylesheet" href="{{ style }}">
{% endif %}</head>
<body>
<main>
<h1>{{ title }}</h1>
{% if wrong %}<p id="wrong" role="alert">{{ wrong }}</p>
{% endif %}{% if said %}<p>{{ said }}</p>
{% endif %}{% if step %}<form method="post" action="{{ action }}">
{% if ticket %}<input type="hidden" name="ticket" value="{{ ticket }}">
{% endif %}{% if step == "password" %}<p><label for="username">User name</label>
<input id="username" name="username" value="{{ user }}" autocomplete="username" required{{ described|safe }}></p>
<p><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{{ described|safe }}></p>
{% elif step == "otp" %}{% if code %}<p>Your authenticator shows <output>{{ code }}</output>.</p>
{% endif %}<p><label for="otp">Code of your authenticator</label>
<input id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" required{{ described|safe }}></p>
{% endif %}<p><button type="submit">{{ button }}</button></p>
</form>
{% endif %}</main>
</body>
</html>
"""
TITLES = {"password": "Sign in", "otp": "Second factor", "sign out": "Sign out"}
WRONG = {"password": "User name or password is wrong.", "otp": "The code is wrong."}
DESCRIBED = ' aria-invalid="true" aria-describedby="wrong"'

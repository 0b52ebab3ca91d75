"""The tables of sign-in: what is remembered of accounts and tokens by their ids. No name, no address.

Every host's environment loads this module, so that it imports no host.
"""

from invenio_db import db


class SignInRow(db.Model):
    """The last sign-in of an account by a provider of ours, and the rights that it had at the last sweep."""

    __tablename__ = "secureb2share_sign_in"

    account = db.Column(db.Integer, primary_key=True, autoincrement=False)
    strength = db.Column(db.Text, nullable=False)  # JSON of rules.to_session
    at = db.Column(db.DateTime, nullable=False)
    rights = db.Column(db.Text, nullable=False)  # JSON


class GrantRow(db.Model):
    """An action that a provider's claims have given to an account, which the next sign-in may take away again."""

    __tablename__ = "secureb2share_grant"
    __table_args__ = (
        db.UniqueConstraint("account", "action", "argument", name="uq_secureb2share_grant_account_action_argument"),
    )

    id = db.Column(db.Integer, primary_key=True)
    account = db.Column(db.Integer, nullable=False)
    action = db.Column(db.String(80), nullable=False)
    argument = db.Column(db.String(100), nullable=False)  # name of a source; "" for all of them
    row_id = db.Column(db.Integer, nullable=False)  # of the host's row, among others that say the same
    provider = db.Column(db.String(100), nullable=False)
    since = db.Column(db.DateTime, nullable=False)


class LinkRow(db.Model):
    """An identity that an operator has linked to an account, or confirmed: no sign-in writes one."""

    __tablename__ = "secureb2share_link"

    method = db.Column(db.String(255), primary_key=True)  # these two as in the host's table of identities
    subject = db.Column(db.String(255), primary_key=True)
    account = db.Column(db.Integer, nullable=False)
    issuer = db.Column(db.Text, nullable=False)  # of the provider then; "" without id tokens
    at = db.Column(db.DateTime, nullable=False)


class TokenRow(db.Model):
    """The session in which a personal token was made: the host's table of tokens has no time."""

    __tablename__ = "secureb2share_token"

    token_id = db.Column(db.Integer, primary_key=True, autoincrement=False)
    account = db.Column(db.Integer, nullable=False)
    strength = db.Column(db.Text, nullable=False)  # JSON of rules.to_session
    made_at = db.Column(db.DateTime, nullable=False)

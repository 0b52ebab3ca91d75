"""Secure B2SHARE: an Invenio catalogue as the public front of a secure environment.

    1  someone tries to upload            uploads/   ->  refused, on every route, in every process
    2a the secure side registers a        datasets/  ->  a public record (metadata only) with a PID
       dataset (it owns the identifier)
    2b a record is published, changed,    outbox/    ->  one durable event per target  ->  targets/
       withdrawn (by anyone)
    3  a reader finds a record            access/    ->  its links lead to the access-request form
       the secure side decides            access/    ->  the catalogue mirrors counts, never persons

Importing this package imports nothing else: the secure side carries ``client.py`` without Flask.
"""

__version__ = "0.1.0"

"""A small secure environment, standing in for a real one such as TSD, so that the whole circle can be tried.

    keys           the environment's own signing key, the catalogue's published keys
    login          the owner's pages are behind a password
    store          its database                     archive        its files
    fields         the registration form            description    its values <-> what the catalogue is told
    portal         a data owner registers           registration   a dataset, its files and its message
    sites          the two that the demo has        problem        what cannot be done
    datasets       what is known, and what may be done with it
    outgoing       messages to the catalogue, each with one effect however often it is sent
    applications   a person asks for access         inbox          the owner decides
    publication    an approved person collects      ingest         the catalogue's events arrive

Of the package it uses the client and the words for the schema's codes, and the catalogue's public HTTP interface: a
real site can do so too.
"""

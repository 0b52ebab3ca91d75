"""A small secure environment, standing in for a real one such as TSD, so that the whole circle can be tried.

    look           the frame of every page, languages   tokens         what each form carries
    login          the owner's pages are behind a password
    keys           the environment's own signing key, the catalogue's published keys
    store          its database                     archive        its files            listing  page by page
    sites          those that the demo has          problem        what cannot be done

    portal         a data owner registers, page by page            drafts         what is typed until it is sent
    uploads        files on their way, in parts     uploading      the addresses for the script
    registration   a dataset, its files and its message
    datasets       what is known, and what may be done with it     description    the same in words
    outgoing       messages to the catalogue, each with one effect however often it is sent

    references     the catalogue's links            asking         the pages of who asks for access
    working        how an approved person works with the data      waiting        what waits for the owner
    applications   what was asked, step by step     history        days and steps, pure
    inbox          the owner decides                states         suspend, open again, withdraw, discard
    files          the archive as a page            messages       those to the catalogue as a page
    publication    an approved person collects      file_api       and so do that person's programs
    inside         where the data do not leave      ingest         the catalogue's events arrive

Of the package it uses the client, the pieces of the pages, the form of a description and the words for the schema's
codes, and the catalogue's public HTTP interface: a real site can do so too.
"""

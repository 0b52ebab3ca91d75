"""A host in memory, and a catalogue on it: the flows of this package without HTTP, server or files.

The unit tests run on them, and so can the tests of a site. `MemoryHost` is also the template of a new host.
"""

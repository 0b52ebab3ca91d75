"""The identity provider of the demo: a password and a second factor for its curator and its data owners.

It is a provider for tests with a page that shows each code, for people of whom nothing has to be protected.
"""

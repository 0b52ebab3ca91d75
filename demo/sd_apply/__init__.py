"""The demo's SD Apply: the fake REMS of the package, with simple pages for applicants and handlers.

The catalogue registers datasets at its API, readers come by /apply-for, and its events go to the catalogue.
"""

"""The only folder that imports a host. One folder each; no host imports another."""

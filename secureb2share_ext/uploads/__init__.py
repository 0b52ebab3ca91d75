"""The lock: an upload is refused, on every route and in every process, and this can be proved."""

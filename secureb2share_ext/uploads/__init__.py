"""Flow 1: an upload is refused, on every route and in every process, and it can be proved."""

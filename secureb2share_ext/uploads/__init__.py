"""Flow 1: someone tries to upload, and is refused: on every route, in every process, provably."""

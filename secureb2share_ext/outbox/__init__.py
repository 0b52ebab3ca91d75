"""Flow 2b: what happens to a record is told to the secure side, durably."""

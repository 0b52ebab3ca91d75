"""Flow 2a: the secure side registers a dataset, and a public record with a PID follows."""

"""The benchmarks: how fast the package is on this machine. `./run-benchmarks.sh` runs them."""

"""The counting work of `benchmarks.counting`, by several systems; each is a program of its own."""

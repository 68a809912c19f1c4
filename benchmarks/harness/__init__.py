"""What the benchmarks share: problems, peak, timing, processes for peers, tables and pictures."""

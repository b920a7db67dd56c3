"""How figures are shown: charts, tables and pages, for the command line, the app and benchmarks."""

"""Does every fault do on this machine what it claims? Measured with own clients and backends, through real sockets.

`cli.verify` prints it; the tests call the same functions and assert on the verdicts.
"""

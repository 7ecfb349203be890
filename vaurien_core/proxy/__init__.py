"""The data plane: ports, links, connections, listeners."""

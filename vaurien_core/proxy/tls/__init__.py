"""TLS on either side of a connection: a port in front of a port, and what decides where one is needed."""

"""What runs a profile: local, remote, child."""

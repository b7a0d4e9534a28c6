"""What stands between a stranger's connection and the server: addresses, TLS, hosts, connections, bodies."""

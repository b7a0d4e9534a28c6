"""For the tests of other projects: a server that really trains, as a fixture of pytest."""

"""What a cluster's node runs in the tests of launchers: the agent, with the process that follows a script."""

import sys

from burnish.server.cluster import node_agent
from burnish.server.training import process_launcher

if __name__ == "__main__":
    process_launcher.WORKER = "scripted_worker"
    node_agent.EVERY_SECONDS = 0.2
    sys.exit(node_agent.main())

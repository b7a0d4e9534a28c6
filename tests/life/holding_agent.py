"""The agent of a cluster's node, with `holding_worker` in the place of the training worker."""

import sys

from burnish.server.cluster import node_agent
from burnish.server.training import process_launcher

if __name__ == "__main__":
    process_launcher.WORKER = "holding_worker"
    sys.exit(node_agent.main())

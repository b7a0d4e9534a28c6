"""`burnish serve` whose cluster runs `holding_agent`, and whose trainings write a checkpoint every moment."""

from burnish.cli import main
from burnish.server.cluster import cluster_setting
from burnish.server.training import running_attempt

if __name__ == "__main__":
    cluster_setting.AGENT = "holding_agent"
    running_attempt.CHECKPOINT_SECONDS = 0.0
    main()

"""The training worker, which reports every step, so that a test can count them."""

import sys
from pathlib import Path

from burnish.server.job_folder.paths import JobFolder
from burnish.server.training import attempt
from burnish.server.training.worker import main

if __name__ == "__main__":
    attempt.REPORT_EVERY_SECONDS = 0.0
    sys.exit(main(JobFolder(Path(sys.argv[1])), int(sys.argv[2])))

"""`burnish serve` with `quick_worker` in the place of the training worker."""

from burnish.cli import main
from burnish.server.training import job_queue, process_launcher

process_launcher.WORKER = "quick_worker"
job_queue.MAX_FRUITLESS_ATTEMPTS = 1_000_000

if __name__ == "__main__":
    main()

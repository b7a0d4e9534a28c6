"""`burnish serve` with `quick_worker` in the place of the training worker."""

from burnish.cli import main
from burnish.server import supervisor

supervisor.WORKER = "quick_worker"
supervisor.MOST_ATTEMPTS = 1_000_000

if __name__ == "__main__":
    main()

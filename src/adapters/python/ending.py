"""How a driver ends that knows why."""
import sys


def fail(message):
    """One line that says why, last in the log."""
    sys.stdout.flush()
    print("modelconv: " + message, file=sys.stderr, flush=True)
    sys.exit(1)

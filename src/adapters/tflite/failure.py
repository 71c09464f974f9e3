"""What ends a driver with one clear line."""


class Failure(Exception):
    """Known why: no traceback is needed."""


def one_line(error):
    """An error of somebody else's, from its first cause, as one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split())
    # the operator stands at the beginning or at the end, a graph in between
    short = text if len(text) <= 1000 else text[:500] + " ... " + text[-500:]
    return "%s: %s" % (type(error).__name__, short)

"""One test for all rows of a table."""

import itertools


def for_each(*tables):
    """A decorator: the test runs for every combination of rows, and one failure names every row that failed.

    tables: lists of rows, one or several; a row that is a tuple gives its entries to the test as arguments, any other
    row gives itself. A hundred rows cost one test of pytest, whose share is often larger than that of the row.
    """
    tables = [[row if isinstance(row, tuple) else (row,) for row in table] for table in tables]
    rows = [sum(chosen, ()) for chosen in itertools.product(*tables)]

    def decorate(test):
        def of_all_rows():
            failed = []
            for row in rows:
                try:
                    test(*row)
                except Exception as error:  # whatever a row raises is told with its name
                    failed.append("%.200r: %s: %s" % (row, type(error).__name__, error))
            assert rows, "the table is empty"
            if failed:
                raise AssertionError("%d of %d rows fail:\n%s" % (len(failed), len(rows), "\n".join(failed)))

        # functools.wraps would show pytest the arguments, which are no fixtures
        of_all_rows.__name__, of_all_rows.__doc__ = test.__name__, test.__doc__
        of_all_rows.__module__ = test.__module__
        return of_all_rows

    return decorate

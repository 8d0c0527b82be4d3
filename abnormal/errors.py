"""What a user can mend."""


class AbnormalError(Exception):
    """A problem that the user can mend.

    The message is one line: what happened, with the value; what was expected; how to mend it.
    The programs print it on stderr without a traceback and exit with 1.
    """

"""Errors that commands report to their users."""


class ShearwaterError(Exception):
    """Why something cannot be read or done, in words for the user."""


class UnknownName(ShearwaterError, KeyError):
    """A name that a table, a deck or a snapshot does not have."""

    def __init__(self, source, name, names):
        super().__init__(f"{source or 'quantities'}: there is no {name}; there are {', '.join(names)}")

    __str__ = Exception.__str__  # a KeyError would show its text in quotes

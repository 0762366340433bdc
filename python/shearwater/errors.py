"""The one kind of error that users are told about."""


class ShearwaterError(Exception):
    """Why something cannot be read or done, in words for the user."""

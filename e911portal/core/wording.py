"""Numbers in sentences.  No Django."""


def how_many(number: int, one: str, many: str = "") -> str:
    """Return ``number`` with the words that go with it; ``many`` is ``one`` with an s unless given.

    >>> how_many(1, "subnet is", "subnets are"), how_many(12_000, "subnet is", "subnets are")
    ('1 subnet is', '12,000 subnets are')
    >>> how_many(0, "error")
    '0 errors'
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"

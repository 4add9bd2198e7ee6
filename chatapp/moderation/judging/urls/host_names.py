"""
How browsers read the labels of a host's name, and what DNS is asked for ("xn--…"). Knows no rule and no list.

Source: UTS #46, Unicode IDNA Compatibility Processing, without the transitional mapping, as WHATWG's URL standard asks
for it: ß, ς and the joiners are letters of their own, and emoji are let through, which IDNA 2008 would refuse. The
checks of right-to-left labels are left out: a name that fails them is nobody's.
"""

from idna import uts46_remap, valid_contextj

_A_LABEL = "xn--"
_MAX_LABEL = 63  # octets of a label, RFC 1035 §2.3.4; in Unicode it is never longer than as an A-label
_JOINERS = frozenset("\u200c\u200d")


class HostNameInvalid(ValueError):
    """A name that browsers refuse, or one longer than any address."""


def browser_name(name: str) -> str:
    """
    The name in Unicode, normal form C and lower case, with "." between its labels and no A-label that can be read.

    :raises HostNameInvalid: see there.
    """
    try:
        labels = [unicode_label(label) for label in uts46_remap(name, std3_rules=False).split(".")]
        if not all(map(_joins_letters, labels)):
            raise HostNameInvalid(f"{name!r} has a joiner where nothing is joined")
    except UnicodeError as error:
        raise HostNameInvalid(f"{name!r} is no name that browsers take") from error
    return ".".join(labels)


def unicode_label(label: str) -> str:
    """An A-label, lower case, in Unicode; any other label, and what only looks like an A-label, as it is written."""
    if not label.startswith(_A_LABEL) or len(label) > _MAX_LABEL or not label.isascii():
        return label
    try:
        read = label.removeprefix(_A_LABEL).encode("ascii").decode("punycode")
        is_stable = uts46_remap(read, std3_rules=False) == read and _joins_letters(read)
    except ValueError:  # UnicodeError is one
        return label
    return read if is_stable and ascii_label(read) == label else label


def ascii_label(label: str) -> str | None:
    """What DNS is asked for; None if the label has no such form. label: as browser_name gives it."""
    if label.isascii():
        return label
    if len(label) > _MAX_LABEL:
        return None
    written = _A_LABEL + label.encode("punycode").decode("ascii")
    return written if len(written) <= _MAX_LABEL else None


def _joins_letters(label: str) -> bool:
    """Whether each joiner stands where it changes how letters are written. Source: RFC 5892, appendix A.1 and A.2."""
    places = [place for place, char in enumerate(label) if char in _JOINERS]
    try:
        return not places or (len(label) <= _MAX_LABEL and all(valid_contextj(label, place) for place in places))
    except ValueError:  # beside a character without a name
        return False

"""Reads what was sent as a pack, by its format. Owns how many entries are read; stores nothing."""

from typing import assert_never

from django.utils.translation import gettext as _

from chatapp.moderation.errors import PackTooLarge
from chatapp.moderation.judging.verdict import Language
from chatapp.moderation.packs.formats import PackRead, pack_from_csv, pack_from_json, pack_from_paste
from chatapp.moderation.packs.pack import PackHeader
from chatapp.moderation.packs.uploads import PackFormat, PackUpload

# As CSV about 3 MB; read in 4 s.
MAX_PACK_ENTRIES = 100_000


def pack_read(upload: PackUpload) -> PackRead:
    """
    The pack, and what is wrong with it by line.

    :raises PackTooLarge: for too many entries.
    """
    read = _read(upload)
    num_entries = len(read.pack.entries) if read.pack else 0
    if num_entries > MAX_PACK_ENTRIES:
        raise PackTooLarge(
            _("The pack has %(number)d entries: at most %(limit)d. Split it.")
            % {"number": num_entries, "limit": MAX_PACK_ENTRIES},
            num_entries=num_entries,
        )
    return read


def _read(upload: PackUpload) -> PackRead:
    header = PackHeader(
        name=upload.name, source=upload.source, licence=upload.licence, language=Language(upload.language)
    )
    match upload.format:
        case PackFormat.JSON:
            return pack_from_json(upload.text)
        case PackFormat.CSV:
            return pack_from_csv(upload.text, header=header, defaults=upload.defaults)
        case PackFormat.LIST:
            return pack_from_paste(upload.text, header=header, defaults=upload.defaults)
    assert_never(upload.format)

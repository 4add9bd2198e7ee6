"""
A pack between its upload and the yes of the person who sent it. Owns the limit on its size, and that it is forgotten.

Kept in the cache, each under its person: nobody confirms what another has sent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _

from chatapp.core.ids import uuid7
from chatapp.moderation.errors import PackTooLarge, PackUnreadable, PackUploadGone
from chatapp.moderation.judging.verdict import Language

MAX_PACK_BYTES = 5_000_000
KEPT_S = 3600


class PackFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class PackUpload:
    """
    What was sent. name, source, licence, language: of a pack whose file does not say it.

    defaults: the fields of entries that do not say them; a JSON pack says all of it itself.
    """

    text: str
    format: PackFormat
    name: str = "imported"
    source: str = ""
    licence: str = ""
    language: str = Language.ANY.value
    defaults: Mapping[str, object] = field(default_factory=dict)


def pack_text(content: bytes) -> str:
    """
    The text of a file.

    :raises PackTooLarge, PackUnreadable:
    """
    if len(content) > MAX_PACK_BYTES:
        raise PackTooLarge(
            _("The pack is too large: at most %(megabytes)d MB. Split it, or write it as CSV, which is shorter.")
            % {"megabytes": MAX_PACK_BYTES // 1_000_000},
            max_bytes=MAX_PACK_BYTES,
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackUnreadable(_("The file is not UTF-8 text. Save it as UTF-8 and send it again.")) from error


def pack_format_of(text: str, *, file_name: str) -> PackFormat:
    """By the file's ending; of anything else by how the text begins."""
    ending = file_name.rpartition(".")[2].lower()
    if ending in (PackFormat.JSON, PackFormat.CSV):
        return PackFormat(ending)
    beginning = text.lstrip("\ufeff \t\r\n")
    if beginning.startswith("{"):
        return PackFormat.JSON
    columns = [name.strip(' "').lower() for name in beginning.split("\n", 1)[0].strip().split(",")]
    return PackFormat.CSV if "phrase" in columns else PackFormat.LIST


def pack_upload_store(*, upload: PackUpload, person_id: UUID) -> UUID:
    """
    Keep it for an hour.

    :raises PackTooLarge:
    """
    pack_text(upload.text.encode("utf-8", "replace"))
    upload_id = uuid7()
    # Plain values: what is kept must be readable after an upgrade that moves or renames a class.
    kept = {**asdict(upload), "format": upload.format.value}
    cache.set(_key(person_id, upload_id), kept, timeout=KEPT_S)
    return upload_id


def pack_upload_get(*, upload_id: UUID, person_id: UUID) -> PackUpload:
    """:raises PackUploadGone: after an hour, after its import, and for what another person sent."""
    kept = cache.get(_key(person_id, upload_id))
    if kept is None:
        raise PackUploadGone(_("This upload is not here any more. Send the pack again."))
    return PackUpload(**{**kept, "format": PackFormat(kept["format"])})


def pack_upload_forget(*, upload_id: UUID, person_id: UUID) -> None:
    cache.delete(_key(person_id, upload_id))


def _key(person_id: UUID, upload_id: UUID) -> str:
    return f"moderation:pack-upload:{person_id}:{upload_id}"

"""Refusals about conversations and their messages."""

from django.utils.translation import gettext as _

from chatapp.core.errors import DomainError
from chatapp.core.limits import MAX_TEXT_CHARS, MAX_TITLE_CHARS


class ConversationNotFound(DomainError):
    """Not there, or somebody else's: the answer is the same, so that nobody learns which."""

    code = "conversation_not_found"
    http_status = 404

    @classmethod
    def of(cls) -> "ConversationNotFound":
        return cls(_("This conversation is not there. It may have been deleted."))


class MessageNotFound(DomainError):
    code = "message_not_found"
    http_status = 404

    @classmethod
    def of(cls) -> "MessageNotFound":
        return cls(_("This message is not there. Reload the page."))


class TextEmpty(DomainError):
    code = "text_empty"
    http_status = 422

    @classmethod
    def of(cls) -> "TextEmpty":
        return cls(_("Write something first."))


class TextTooLong(DomainError):
    code = "text_too_long"
    http_status = 422

    @classmethod
    def of(cls, length: int) -> "TextTooLong":
        words = _("This message has %(length)d characters; %(limit)d fit. Shorten it or send it in parts.")
        return cls(words % {"length": length, "limit": MAX_TEXT_CHARS}, length=length, limit=MAX_TEXT_CHARS)


class TitleTooLong(DomainError):
    code = "title_too_long"
    http_status = 422

    @classmethod
    def of(cls, length: int) -> "TitleTooLong":
        words = _("A title may have %(limit)d characters.")
        return cls(words % {"limit": MAX_TITLE_CHARS}, length=length, limit=MAX_TITLE_CHARS)


class TemperatureOutOfRange(DomainError):
    code = "temperature_out_of_range"
    http_status = 422

    @classmethod
    def of(cls, temperature: float) -> "TemperatureOutOfRange":
        return cls(_("Temperature goes from 0 to 2."), temperature=str(temperature))


class ParentUnusable(DomainError):
    """A user message follows an answer or begins the conversation; an answer follows a user message."""

    code = "parent_unusable"
    http_status = 422

    @classmethod
    def of(cls) -> "ParentUnusable":
        return cls(_("A message can only follow an answer. Reload the page."))


class IdTaken(DomainError):
    """The id that a client chose for its conversation is somebody else's."""

    code = "id_taken"
    http_status = 409

    @classmethod
    def of(cls) -> "IdTaken":
        return cls(_("This id is taken. Try again."))


class PageUnknown(DomainError):
    code = "page_unknown"
    http_status = 422

    @classmethod
    def of(cls) -> "PageUnknown":
        return cls(_("This page does not exist. Begin with the first."))

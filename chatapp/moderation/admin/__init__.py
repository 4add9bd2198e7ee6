"""Every page of moderation. Django finds its lists here."""

from chatapp.moderation.admin import rules, rulesets

__all__ = ["rules", "rulesets"]

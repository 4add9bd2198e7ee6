"""Figures of the moderation layer."""

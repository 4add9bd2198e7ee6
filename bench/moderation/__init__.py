"""Measures the moderation layer: how good its parts are, and how dear."""

"""Measures the moderation layer on labelled sets and made-up ones."""

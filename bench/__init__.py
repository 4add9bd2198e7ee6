"""Measurements of the product against what it is built from. Not part of the product; nothing imports it."""

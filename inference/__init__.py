"""Runs Hugging Face chat models: messages and sampling parameters in, text deltas out. Knows tokens, not people."""

"""Classifiers: what gives a text scores, where in a stream it is asked, and what a score comes to. No Django."""

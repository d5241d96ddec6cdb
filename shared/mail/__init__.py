"""Nouns and rules of mail. Pure: standard library only, no clock, no I/O."""

"""Nouns and rules of sales, in the terms of Business Central. Pure: standard library only, no clock, no I/O."""

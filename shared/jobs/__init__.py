"""The verbs of the product: one story a file, readable from top to bottom."""

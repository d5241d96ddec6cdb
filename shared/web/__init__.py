"""The web: the JSON API and the pages, on FastAPI."""

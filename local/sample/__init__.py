"""An invented company, its customers and their mail: what `make run` shows. The stories are in `stories/`."""

from local.sample.company import Company, company

__all__ = ["Company", "company"]

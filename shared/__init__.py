"""The product: nouns and rules (`mail`, `sales`), verbs (`jobs`), and their world (`graph`, `storage`, `web`)."""

"""Microsoft Graph v1.0, as far as mail needs it."""

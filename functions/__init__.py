"""The doors: a file for each reason the code wakes up. A door parses, makes one call, and replies."""

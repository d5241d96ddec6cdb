"""The pages, rendered here and read anywhere."""

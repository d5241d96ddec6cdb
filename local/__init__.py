"""Development only: what the product talks to in Azure, served on this machine. Not part of the deployed package."""

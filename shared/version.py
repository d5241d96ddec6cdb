"""The product's version; CHANGELOG.md says what is in it, and a test holds the two together."""

VERSION = "0.1.0"

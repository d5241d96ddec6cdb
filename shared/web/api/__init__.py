"""The JSON API, a file for each resource. The contract is in the OpenAPI document that it makes of itself."""

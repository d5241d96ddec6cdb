"""Exchange Online through Microsoft Graph. Returns the product's nouns and raises its errors."""

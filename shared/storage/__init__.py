"""Table and Queue Storage: keeps the product's nouns, in the layout that ARCHITECTURE.md draws."""

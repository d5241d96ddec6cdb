"""How fast it is. Each module measures one thing; `make bench` runs them."""

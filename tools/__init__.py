"""Scripts that make what the project ships; the app itself never runs them."""

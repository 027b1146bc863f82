"""Every page in both themes, on a desk and on a phone."""

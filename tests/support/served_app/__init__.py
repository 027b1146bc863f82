"""The app in a browser: pages that several tests use, and what the process of its server has loaded."""

"""Scripts that produce files of the repository; the app does not run them."""

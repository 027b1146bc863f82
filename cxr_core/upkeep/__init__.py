"""What keeps an installation running: backup and restore of the home folder, upgrade from the version before."""

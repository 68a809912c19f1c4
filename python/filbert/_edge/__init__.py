"""Where the package meets its surroundings: what users pass becomes what the core takes."""

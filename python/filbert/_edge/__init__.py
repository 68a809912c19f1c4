"""Where the package meets its users: what they pass is checked, and becomes what the core takes."""

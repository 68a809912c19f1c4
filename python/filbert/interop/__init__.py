"""Networks and parameters from other libraries, and parameters for them."""

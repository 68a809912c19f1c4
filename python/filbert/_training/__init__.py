"""One call of `Network.fit`."""

"""The columns of the table that a network was trained with: `Network.columns`."""

from filbert._edge.encoding import Column

__all__ = ["Column"]

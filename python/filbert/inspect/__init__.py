"""Seeing inside a network."""

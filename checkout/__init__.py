"""Guichet: one counter for five payment providers."""

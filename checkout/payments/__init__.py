"""The use cases, a verb a file. Ask the provider, then lock the order, then write; never in another order."""

"""What a shop does, one file for each step: copy them. Those that ask Guichet something know nothing of Django."""

"""A shop that sells through Guichet: an example to copy. Talks to it over HTTP only, as yours would."""

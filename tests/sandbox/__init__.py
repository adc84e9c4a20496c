"""Do the stand-ins behave as the contracts say? Asked over HTTP, as a shop would."""

"""What do the tests stand on? The environment, a PostgreSQL and a browser, found or fetched."""

"""Does the demo shop sell what it shows, and believe only what it was told?"""

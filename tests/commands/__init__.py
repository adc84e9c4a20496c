"""Do the commands do what their help says?"""

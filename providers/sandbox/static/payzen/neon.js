/* A theme of the embedded form. Here the frame brings its own look, so there is nothing to do. */

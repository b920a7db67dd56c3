"""From files to a library: read, clean, chunk, embed, store."""

"""From PDF files to a library on disk: read, clean, cut into passages, embed and store."""

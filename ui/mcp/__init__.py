"""The lectures for chat clients and editors that speak the Model Context Protocol."""

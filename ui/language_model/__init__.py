"""Settings of the language model: look for servers of this machine, try a model, use it."""

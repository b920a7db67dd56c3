"""Language models that a reader brings: servers with OpenAI's interface, Ollama, and GGUF files.

`names` reads the reserved prefixes of `models.generator`, `servers` is what is known of each kind
of server, `server_writer` writes through one, `addresses` says what is on this machine.
"""

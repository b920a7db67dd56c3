"""Make the data of the language laboratory: tiktoken's ranks, and small models of the lectures."""

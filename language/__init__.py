"""The language laboratory: how a language model works, seen from the inside.

One module holds one idea, and functions come before commands. `language` stands alone: the caller
says in which folder a model lies. The commands are `ui.cli.language`, the page of the app is
`ui.language_laboratory`.
"""

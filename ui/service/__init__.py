"""The HTTP service: search, answers, documents, pages, evaluations, and an OpenAI-compatible chat.

`app.create_app` builds it as an ASGI application, with the pages of the app beneath it or without.
`engine` holds library, models and the queue, `guard` and `access` decide who may ask; every other
module holds the routes of one thing. Nothing here imports the app's pages.
"""

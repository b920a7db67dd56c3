"""The pages of the app: each a thin module over rag/ and ingest/."""

"""From a question to an answer in which every sentence names its page."""

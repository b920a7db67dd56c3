"""Parts of the app about a course: the guide to a lecture, and their German texts."""

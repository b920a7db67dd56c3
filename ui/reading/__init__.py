"""Reading beside the answers: the viewer of a document, the notes of a course, and their texts."""

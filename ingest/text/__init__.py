"""Text and language: repair, sentences, stems, names, and what is known of each language."""

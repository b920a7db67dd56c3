"""Parts of the page Study: cards, quiz, exam, glossary and timeline, and their German texts."""

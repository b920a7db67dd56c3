"""Study: cards, quiz, glossary, timeline and exam, all made of sentences of the lectures."""

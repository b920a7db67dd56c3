"""Terms of study in two languages each; a module here is all that a pair of languages takes."""

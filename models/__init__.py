"""Trained weights and fitted figures that come with the program."""

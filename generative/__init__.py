"""Generative models of images: one readable file for each family of models.

`generative.families` lists the models and `generative.data` the images; `generative.train` fits
a model to images, and `generative.evaluate` measures it. The package does not import the rest of
Katheder, except `ingest.resources`, which finds the files that come with the program.
"""

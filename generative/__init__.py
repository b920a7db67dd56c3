"""Generative models of images, one readable file a family: a laboratory that stands alone.

`generative.families` names the models, `generative.data` the images, `generative.train` fits the
one to the other, and `generative.evaluate` says how well that went. Nothing here knows the rest
of Katheder.
"""

"""The rooms of the language laboratory's page, one module each with a `show`; they load torch.

`cache` holds what is loaded once, `widgets` what several rooms draw.
"""

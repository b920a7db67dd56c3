"""The parts of the laboratory's page, one module each with a `show`; they load torch.

`cache` holds what is computed once, `widgets` texts and pictures that several parts use,
`latent_map` and `canvas` the two components that Streamlit does not have.
"""

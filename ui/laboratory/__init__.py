"""The parts of the laboratory's page, one module each with a `show`; they load torch.

`kept` holds what is computed once, `shown` words and pictures that several parts use, `pad` and
`sketch` the two components that Streamlit does not have.
"""

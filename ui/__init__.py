"""People and programs come in here: the command line and the Streamlit app."""

"""Makes the models of `models/` from the texts of `training/data/`."""

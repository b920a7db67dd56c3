"""Train the models of `models/` on the texts of `training/data/`."""

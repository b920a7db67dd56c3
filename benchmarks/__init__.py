"""Measurements that the README quotes; `make measure` runs them all."""

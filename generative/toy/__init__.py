"""Two-dimensional data, on which all six families can be seen: points instead of images.

- `shapes`: moons, spirals, rings and eight Gaussians, with their true density.
- `models`: the families' own classes with small networks, and a density where there is one.
- `training`: a training of seconds, and how close its samples and density come to the data's.
- `drawing`: pictures of points, densities, grids and chains.
- `collapse`: a GAN's mode collapse, provoked and cured.
"""

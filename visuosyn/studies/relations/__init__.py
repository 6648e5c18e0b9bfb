"""The study of dependency relations: how they show in the overlap of the heat maps of their words."""

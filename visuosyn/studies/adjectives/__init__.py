"""The study of adjectives: what a changed adjective changes in the attention and in the picture."""

"""The forms in which layers are computed: the same outputs as Keras's, by faster operations."""

"""The forms in which layers are computed: the same outputs as Keras's, by other operations.

Which form is fastest depends on the processor, so there are several of each kind of layer. A form
is a name in one of the tables; `table.py` knows them all, `measure.py` times them, and `choose.py`
takes the fastest ones of a network on this machine.
"""

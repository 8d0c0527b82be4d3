"""Labels in the forms in which people publish them; all become an `Annotation`."""

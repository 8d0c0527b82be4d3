"""Small files that a test writes, and the names of all that is in a folder."""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())

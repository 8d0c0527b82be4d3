"""What MkDocs does beside showing `docs/`: the pages of the repository's root become pages, too.

In the repository, README.md and the others refer to `docs/`, and pages there to the code. On the
site, the former are beside the pages of `docs/`, and the code is not there.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    **{name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")},
}
"""Maps the pages of the root to their names on the site."""

_LINK = re.compile(r"\[([^]]*)\]\((?!https?:|#)([^)#]*)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages of the root."""
    for name, page in PAGES.items():
        content = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lets links lead to where their pages are on the site, and makes those to code plain text."""
    del config
    folder = ROOT if page.file.src_uri in PAGES.values() else ROOT / "docs"

    def replace(link: re.Match[str]) -> str:
        text, path, part = link[1], link[2], link[3] or ""
        target = (folder / path).resolve()
        name = PAGES.get(target.name) if target.parent == ROOT else None
        if name is None and target.is_relative_to(ROOT / "docs"):
            name = target.relative_to(ROOT / "docs").as_posix()
        return f"[{text}]({name}{part})" if name and files.get_file_from_path(name) else text

    return _LINK.sub(replace, markdown)

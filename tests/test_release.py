"""What is released beside the code agrees with it: the site, the citation and the licences."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from abnormal.version import __version__

ROOT = Path(__file__).parent.parent
OWN_LICENCES = {"gpu", "dev"}  # extras whose packages the table does not list one by one


def requirements():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    texts = [setup["options"]["install_requires"]]
    texts += [extras[name] for name in extras if name not in OWN_LICENCES]
    lines = [line for text in texts for line in text.splitlines() if line]
    return sorted({re.split(r"[\s\[><=]", line)[0] for line in lines})


@pytest.mark.parametrize("package", requirements())
def test_each_package_is_listed_with_its_licence(package):
    licences = (ROOT / "docs" / "INSTALL.md").read_text().partition("## Licences")[2]
    assert f"`{package}`" in licences


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert f"version {__version__}" in (ROOT / "README.md").read_text()


def test_each_page_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]
    assert [page for page in pages if f"docs/{page}" not in readme] == []


def test_the_site_can_be_built(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    start = (tmp_path / "index.html").read_text()
    assert 'href="ALARMS/"' in start
    assert "docs/" not in re.sub(r"<code>.*?</code>", "", start, flags=re.DOTALL)
    alarms = (tmp_path / "ALARMS" / "index.html").read_text()
    assert ".py" not in "".join(re.findall(r'href="([^"]*)"', alarms))  # code is not on the site

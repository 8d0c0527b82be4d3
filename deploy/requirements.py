"""Prints what the image needs, from setup.cfg, with the TensorFlow for processors alone.

python requirements.py setup.cfg EXTRA ...
"""

import configparser
import sys

config = configparser.ConfigParser()
config.read(sys.argv[1])
needed = config["options"]["install_requires"]
extras = [config["options.extras_require"][extra] for extra in sys.argv[2:]]
for line in "\n".join([needed, *extras]).split("\n"):
    if line.strip():
        print(line.strip().replace("tensorflow ", "tensorflow-cpu "))

"""Puts another Keras into the environment that calls this, in the place of the pinned.

Called as `another_keras.py conform-keras3.14.1`: the version stands in the name.
"""

import os
import subprocess
import sys

_, name = sys.argv
version = name.rpartition("keras")[2]
# The constraints pin one Keras; everything else stays as they say.
environment = {k: v for k, v in os.environ.items() if k != "PIP_CONSTRAINT"}
command = [sys.executable, "-m", "pip", "install", "--no-deps", f"keras=={version}"]
sys.exit(subprocess.run(command, env=environment, check=False).returncode)

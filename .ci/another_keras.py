"""Installs as pip does, with another Keras in the place of the pinned one.

Called by tox as `another_keras.py conform-keras3.14.1 OPTION... PACKAGE...`: the
version stands in the name of the environment. It is the environment's
`install_command`, so that `--notest` leaves it with this Keras, too.
"""

import os
import subprocess
import sys

_, name, *wanted = sys.argv
version = name.rpartition("keras")[2]
pip = [sys.executable, "-m", "pip", "install"]
code = subprocess.run([*pip, *wanted], check=False).returncode
if code == 0:
    # The constraints pin one Keras; everything else stays as they say.
    free = {k: v for k, v in os.environ.items() if k != "PIP_CONSTRAINT"}
    command = [*pip, "--no-deps", f"keras=={version}"]
    code = subprocess.run(command, env=free, check=False).returncode
sys.exit(code)

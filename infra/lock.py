"""Compiles both lock files from pyproject.toml, keeping the versions that still fit. Needs a set-up environment.

Run as `make lock` after a change of the dependencies. The second lock starts from the first, so that what they share
has the same versions but where an extra forces another.
"""

import os
import shutil
import subprocess

import setup  # beside this file, which is run as a script

COMPILE = ("pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-annotate", "--no-header", "-q")


def main() -> None:
    environ = setup.mirror(dict(os.environ))
    base, full = setup.LOCKS[""], setup.LOCKS["bert"]
    extras = ("--extra", "local", "--extra", "dev")
    uv = str(setup.VENV / "bin" / "uv")
    subprocess.run([uv, *COMPILE, *extras, "-o", base], cwd=setup.ROOT, env=environ, check=True)
    shutil.copyfile(setup.ROOT / base, setup.ROOT / full)
    subprocess.run([uv, *COMPILE, *extras, "--extra", "bert", "-o", full], cwd=setup.ROOT, env=environ, check=True)


if __name__ == "__main__":
    main()

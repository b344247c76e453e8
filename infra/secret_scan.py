"""Refuses files that hold credentials. Run as `python infra/secret_scan.py FILE...`, by `make secrets` and pre-commit.

detect-secrets looks, without asking any service whether a key is good. Hex is left out: hashes and ids are everywhere
here. A line that only looks like a secret ends with the comment `pragma: allowlist secret`.
"""

import sys

from detect_secrets.pre_commit_hook import main

OPTIONS = ("--no-verify", "--disable-plugin", "HexHighEntropyString", "--exclude-files", r"\.lock$")

if __name__ == "__main__":
    sys.exit(main([*OPTIONS, *sys.argv[1:]]))

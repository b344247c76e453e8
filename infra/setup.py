"""Sets a fresh machine up: virtual environment from the lock file, Java archives by checksum. Standard library only.

Run as `python3 infra/setup.py`, which the Makefile does before every command; `--with bert` adds what the fine-tuned
BERT needs (torch, several GB), and stays added. The first time takes minutes; after that a stamp in the virtual
environment says that nothing changed, and it ends in a fraction of a second.
Everything that can be wrong with the machine is said in one sentence with what to do, and the exit code is 1.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path


def python_problem(version: tuple) -> str:
    """What is wrong with this interpreter and what to do, or nothing. Python 3.6 can still read this file."""
    if version >= (3, 11):
        return ""
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    how = f"run `make PYTHON={newer[0]} setup`" if newer else "install Python 3.11 or newer and run again"
    return f"Set-up stopped. Python {version[0]}.{version[1]} is too old, 3.11 or newer is needed: {how}."


if python_problem(sys.version_info[:2]):
    sys.exit(python_problem(sys.version_info[:2]))

import fcntl  # noqa: E402

import machine  # noqa: E402  beside this file, which is run as a script
from machine import Progress, SetupError  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from jobs.runtime import jars  # noqa: E402  standard library only

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".nightjar-setup"
LOCKS = {"": "requirements.lock", "bert": "requirements-bert.lock"}  # the second holds all of the first, and more
# What the environment is made from: a change of any of these makes set-up run again.
SOURCES = (
    "requirements.lock",
    "requirements-bert.lock",
    "pyproject.toml",
    "infra/bootstrap.lock",
    "infra/wheel.py",
    "jobs/runtime/jars.py",
    "jobs/runtime/jars.toml",
    "infra/setup.py",
    "infra/machine.py",
)

# --- the steps ---


def make_environment(progress: Progress, environ: dict[str, str]) -> None:
    """A virtual environment of this interpreter's version at .venv; one of another version is made anew."""
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    code, text = machine.output_of([str(PYTHON), "-c", asked]) if PYTHON.exists() else (127, "")
    if code == 0 and text.strip() == wanted:
        return
    progress.say(f"virtual environment with Python {wanted} in .venv")
    clear = ["--clear"] if PYTHON.exists() or PYTHON.is_symlink() else []
    code, text = progress.run("virtual environment", [sys.executable, "-m", "venv", *clear, str(VENV)], environ)
    if code != 0 and "ensurepip" in text:
        raise SetupError(
            "Python has no ensurepip, so no virtual environment can be made:"
            f" install it (Debian: `apt install python{wanted}-venv`) and run again."
        )
    if code != 0:
        raise machine.explain("Virtual environment", text)


def get_installer(progress: Progress, environ: dict[str, str], cache: Path) -> str:
    """Path of the pinned uv inside .venv, installed by pip from the cache, or fetched by its hash."""
    uv = VENV / "bin" / "uv"
    lock = str(ROOT / "infra" / "bootstrap.lock")
    version = re.search(r"uv==(\S+)", Path(lock).read_text())
    if version and machine.output_of([str(uv), "--version"])[1].startswith(f"uv {version[1]} "):
        return str(uv)
    wheels = str(cache / "wheels")
    pip = [str(PYTHON), "-m", "pip"]
    install = [*pip, "install", "--quiet", "--no-index", "--find-links", wheels, "--require-hashes", "-r", lock]
    if any(Path(wheels).glob("uv-*.whl")) and progress.run("installer", install, environ)[0] == 0:
        return str(uv)
    progress.say("installer: fetching uv by its hash")
    fetch = [*pip, "download", "--quiet", "--retries", "1", "--no-deps", "--only-binary", ":all:", "--dest", wheels]
    for command in ([*fetch, "--require-hashes", "-r", lock], install):
        code, text = progress.run("installer", command, environ)
        if code != 0:
            raise machine.explain("Fetching the installer uv", text)
    return str(uv)


def install_packages(progress: Progress, environ: dict[str, str], uv: str, extra: str) -> None:
    """Exactly the packages of the lock file, each by its hash, and this project on top, editable."""
    lock = ROOT / LOCKS[extra]
    count = len(re.findall(r"^[a-z0-9].*==", lock.read_text(), re.MULTILINE))
    size = "7 GB" if extra else "1.5 GB"
    progress.say(f"packages: up to {count} from {lock.name} (first time: minutes, {size})")
    sync = [uv, "pip", "sync", "--python", str(PYTHON), "--require-hashes", str(lock)]
    # The cache first, without a network: quick, and it works where there is none.
    code, _ = progress.run("packages", [*sync, "--offline"], environ)
    if code != 0:
        code, text = progress.run("packages", sync, environ)
        if code != 0:
            raise machine.explain("Fetching the packages", text)
    own = [
        uv,
        "pip",
        "install",
        "--python",
        str(PYTHON),
        "--offline",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        str(ROOT),
    ]
    code, text = progress.run("this project", [*own, "-e", str(ROOT)], environ)
    if code != 0:
        raise machine.explain("Installing this project", text)


def mirror(environ: dict[str, str]) -> dict[str, str]:
    """Lets uv use the package index and certificates that pip is set to, where uv is not told otherwise."""
    code, text = machine.output_of([str(PYTHON), "-m", "pip", "config", "list"])
    found = dict(re.findall(r"^\S*?\.(index-url|cert)='(.*)'$", text, re.MULTILINE)) if code == 0 else {}
    extra = {"UV_DEFAULT_INDEX": found.get("index-url"), "SSL_CERT_FILE": found.get("cert")}
    if "UV_INDEX_URL" in environ:
        del extra["UV_DEFAULT_INDEX"]
    return {**{name: value for name, value in extra.items() if value}, **environ}


def read_jars(environ: dict[str, str]) -> list[jars.Jar]:
    """The archives that Spark needs.

    Raises:
        SetupError: an archive is not of the version that the lock file pins its package to.
    """
    lock = (ROOT / "requirements.lock").read_text()
    listed = jars.listed(environ)
    for jar in listed:
        pinned = re.search(rf"^{re.escape(jar.package)}==(\S+)", lock, re.MULTILINE)
        if not pinned or pinned[1] != jar.version:
            raise SetupError(
                f"jobs/runtime/jars.toml has {jar.artifact} {jar.version}, but requirements.lock pins {jar.package}"
                f" {pinned[1] if pinned else 'not at all'}: move them together."
            )
    return listed


def get_jars(progress: Progress, environ: dict[str, str], cache: Path, java: str) -> None:
    """Every archive in the jars folder: from the cache, else by the Ivy inside pyspark."""
    read_jars(environ)
    pyspark = next(iter(sorted(VENV.glob("lib/python*/site-packages/pyspark"))), VENV)
    fetcher = jars.Fetcher(
        java=java,
        pyspark=pyspark,
        run=lambda what, command: progress.run(what, command, environ),
        explain=machine.explain,
        say=progress.say,
        environ=environ,
    )
    try:
        jars.get(jars.folder(environ), cache / "jars", fetcher)
    except jars.JarError as error:
        raise SetupError(str(error)) from error


def rehearse(progress: Progress, environ: dict[str, str]) -> None:
    """An archive of the classes that Java loads for a night. Nights run without it too."""
    progress.say(
        "rehearsal: Java keeps what it loads for a night, so that each starts some seconds sooner (once, a minute)"
    )
    code, text = progress.run("rehearsal", [str(PYTHON), "-m", "jobs.night.class_archive"], environ)
    if code != 0:
        progress.say(f"rehearsal: left out. {' '.join(text.splitlines()[-1:])}")


# --- the whole ---


def fingerprint() -> str:
    """Hash of everything that the environment is made from, where it lies and which Python made it."""
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_stamp() -> dict:
    """What the last complete set-up noted; empty where there was none."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def is_ready(environ: dict[str, str], extra: str = "") -> bool:
    """The stamp is of these sources, and interpreter, Java and archives are still there. Takes milliseconds."""
    stamp = read_stamp()
    needed = [jar for jar in read_jars(environ) if not jar.optional]
    return (
        stamp.get("fingerprint") == fingerprint()
        and extra in ("", stamp.get("extra"))
        and stamp.get("environ") == choices(environ)
        and os.access(stamp.get("java", ""), os.X_OK)
        and PYTHON.exists()
        and all(jar.is_in(jars.folder(environ)) for jar in needed)
    )


def choices(environ: dict[str, str]) -> dict[str, str]:
    """The settings of a person that change what set-up does."""
    names = ("JAVA_HOME", "NIGHTJAR_JARS", "NIGHTJAR_GRAPHFRAMES_SHA256")
    return {name: environ[name] for name in names if environ.get(name)}


def set_up(environ: dict[str, str], extra: str = "") -> None:
    """Makes the machine ready, or raises SetupError. One at a time per checkout: a second one waits."""
    if is_ready(environ, extra):
        return
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if is_ready(environ, extra):
            return
        extra = extra or read_stamp().get("extra", "")  # what was added once is not taken away
        progress = Progress()
        java = machine.find_java(environ)
        machine.check_folder(ROOT)
        cache = machine.cache_folder(environ, VENV / ".cache")
        machine.check_folder(cache, machine.NEEDED_BYTES // 2)
        progress.say(f"Python {sys.version_info[0]}.{sys.version_info[1]}, Java at {java}, disk: as needed")
        with suppress(FileNotFoundError):
            STAMP.unlink()
        make_environment(progress, environ)
        environ = mirror(environ)
        uv = get_installer(progress, environ, cache)
        install_packages(progress, environ, uv, extra)
        get_jars(progress, environ, cache, java)
        rehearse(progress, environ)
        stamp = {"fingerprint": fingerprint(), "environ": choices(environ), "java": java, "extra": extra}
        STAMP.write_text(json.dumps(stamp))
        progress.say("ready")
    finally:
        os.close(handle)


def main(words: list[str]) -> int:
    if words not in ([], ["--with", "bert"]):
        print("usage: python3 infra/setup.py [--with bert]", file=sys.stderr)
        return 2
    try:
        set_up(dict(os.environ), words[1] if words else "")
    except SetupError as error:
        print(f"Set-up stopped. {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Set-up was interrupted; run it again and it goes on from what was fetched.", file=sys.stderr)
        return 130
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full: free some space" if full else f"{error.filename}: {error.strerror}: put that right"
        print(f"Set-up stopped, {what} and run again.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Set-up, as `make setup`: virtual environment, dependencies, front-end assets, static files.

Each step is skipped when what it depends on has not changed.  The syntax is that of Python 3.6, so
that an old Python gets a message instead of a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)


def fail(*lines):
    """End with a message."""
    sys.exit("\n".join(lines))


def find_python():
    """Go on in a newer Python when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    fail(
        f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.",
        "Install one, or name it: make PYTHON=/path/to/python3.11 ...",
    )


def digest(*names):
    """Return what the named files of the project and the Python in use come to."""
    state = hashlib.sha256(sys.version.encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as stream:
            state.update(stream.read())
    return state.hexdigest()


def done(stamp, state):
    """Tell whether the step was done for this state already."""
    try:
        with open(stamp) as stream:
            return stream.read() == state
    except OSError:
        return False


def mark(stamp, state):
    """Remember that the step was done for this state."""
    with open(stamp, "w") as stream:
        stream.write(state)


def virtual_environment():
    """Make ``.venv`` unless it is there and works."""
    if os.path.exists(PYTHON) and subprocess.call([PYTHON, "-c", ""]) == 0:
        return
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        fail(
            "This Python cannot make virtual environments.",
            "Debian and Ubuntu keep that in a package of its own: apt install python3-venv",
        )
    shutil.rmtree(VENV, ignore_errors=True)
    print("Making the virtual environment .venv")
    subprocess.check_call([sys.executable, "-m", "venv", VENV])


def dependencies():
    """Install the pinned packages."""
    state = digest("requirements.txt", "requirements-dev.txt")
    stamp = os.path.join(VENV, "installed")
    if done(stamp, state):
        return
    print("Installing the dependencies (once; some minutes)", flush=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "-r", os.path.join(ROOT, "requirements-dev.txt")])
    mark(stamp, state)


def listing(folder):
    """Return name, size and time of every file below ``folder``."""
    lines = []
    for directory, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(directory, name)
            found = os.stat(path)
            lines.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(lines)


def static_files():
    """Fetch third-party assets; collect, hash and compress all static files for the portal."""
    subprocess.check_call([PYTHON, os.path.join(ROOT, "deploy", "assets.py")])
    target = os.environ.get("STATIC_ROOT") or os.path.join(ROOT, "staticfiles")
    state = digest("requirements.txt") + listing(os.path.join(ROOT, "static")) + target
    state = hashlib.sha256(state.encode()).hexdigest()
    stamp = os.path.join(VENV, "collected")
    if done(stamp, state) and os.path.isdir(target):
        return
    print("Collecting static files", flush=True)
    collect = [PYTHON, os.path.join(ROOT, "manage.py"), "collectstatic", "--noinput", "--clear"]
    subprocess.check_call([*collect, "--verbosity=0"])
    mark(stamp, state)


def main():
    """Do all steps; a step that fails has said why."""
    find_python()
    os.chdir(ROOT)
    try:
        virtual_environment()
        dependencies()
        static_files()
    except subprocess.CalledProcessError as error:
        command = " ".join(error.cmd)
        fail(f"Set-up stopped: `{command}` ended with {error.returncode}.")


if __name__ == "__main__":
    main()

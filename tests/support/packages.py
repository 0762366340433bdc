"""Installs Debian packages that only single tests need.

Tests that use this module must not run at the same time (tests/CMakeLists.txt), because apt does not wait for its lock.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess


class Unavailable(Exception):
    """A requirement of a test cannot be met on this machine; the message gives the reason."""


def wanted_packages(file):
    return [line for line in file.read_text().split("\n") if line and not line.startswith("#")]


def is_installed(package):
    query = subprocess.run(["dpkg-query", "--show", "--showformat=${Status}", package], capture_output=True, text=True)
    return query.stdout.endswith("ok installed")


@contextlib.contextmanager
def services_not_started():
    """Prevents Debian from starting the services of packages when they are installed."""
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def install_missing_packages(file):
    """Installs the packages that a file lists, one on each line.

    Raises Unavailable if packages are missing and cannot be installed: without root rights, on a system other than Debian, or if others would be removed.
    """
    if not shutil.which("apt-get"):
        raise Unavailable("this is no Debian, whose packages the test uses")
    missing = [package for package in wanted_packages(file) if not is_installed(package)]
    if not missing:
        return
    if os.getuid() != 0:
        raise Unavailable(f"only root can install {' '.join(missing)}")
    print(f"Installing {' '.join(missing)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=60", *missing]
    with services_not_started():
        for words in (["update"], install):
            process = subprocess.run(["apt-get", "-qq", *words], capture_output=True, text=True, env=environment)
            if process.returncode != 0:
                raise Unavailable(f"apt-get {words[0]} failed: {(process.stderr or process.stdout).strip()}")

# SPDX-License-Identifier: Apache-2.0
"""A real OpenSSH server of our own on a loopback port, and keys for it. Nothing of the user's is touched."""
import os
import pwd
import shutil
import socket
import subprocess
import time

from support import SLOW, free_port, wait_until

PROGRAM = shutil.which("sshd") or next((p for p in ("/usr/sbin/sshd", "/sbin/sshd") if os.path.exists(p)), None)
USER = pwd.getpwuid(os.getuid()).pw_name


def make_key(folder, name, kind="ed25519", passphrase="", pem=False):
    """a key pair; gives the private key's path"""
    path = os.path.join(folder, name)
    bits = {"rsa": ["-b", "2048"]}.get(kind, [])
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *bits, *(["-m", "PEM"] if pem else []), "-N", passphrase, "-C", name, "-f", path], check=True, stdin=subprocess.DEVNULL)
    return path


def read(path):
    with open(path) as f:
        return f.read()


def key_parts(path):
    """(algorithm, base64) of the public key beside a private one"""
    return read(path + ".pub").split()[:2]


class Sshd:
    """authorized: (private key path, command forced on it or None)"""

    def __init__(self, folder, name, host_keys, authorized=(), options=(), port=None):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.port, self.host_keys, self.process = port or free_port(), list(host_keys), None
        self.authorized, self.config = os.path.join(self.folder, "authorized_keys"), os.path.join(self.folder, "config")
        self.log_path = os.path.join(self.folder, "log")
        self.authorize(authorized)
        lines = ["Port %d" % self.port, "ListenAddress 127.0.0.1", "AuthorizedKeysFile " + self.authorized, "UsePAM no", "StrictModes no", "PidFile none",
                 "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", "MaxStartups 100", "LogLevel VERBOSE", *options]
        with open(self.config, "w") as f:
            f.write("\n".join(lines + ["HostKey " + k for k in self.host_keys]) + "\n")
        self.start()

    def authorize(self, keys):
        with open(self.authorized, "w") as f:
            for key, command in keys:
                f.write('%s%s' % ('restrict,command="%s" ' % command if command else "", read(key + ".pub")))

    def start(self):
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.process = subprocess.Popen([PROGRAM, "-D", "-f", self.config, "-E", self.log_path], stdin=subprocess.DEVNULL)
        wait_until(self.speaks, "sshd answers", 20)
        return self

    def speaks(self):
        if self.process.poll() is not None:
            raise AssertionError("sshd ended: " + read(self.log_path))
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2 * SLOW) as s:
                return s.recv(4).startswith(b"SSH")
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20 * SLOW)

    def uri(self, path, user=USER):
        return "ssh://%s@127.0.0.1:%d%s" % (user, self.port, path)

    def known_hosts(self, name="known_hosts", host_keys=None):
        """a known_hosts file that names this server"""
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            for key in host_keys if host_keys is not None else self.host_keys:
                f.write("[127.0.0.1]:%d %s %s\n" % (self.port, *key_parts(key)))
        return path


class Silent:
    """Takes connections and never says a word."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end = time.monotonic() + 10 * SLOW
        while True:
            try:
                self.listener.bind(("127.0.0.1", port))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.listener.listen(64)

    def close(self):
        self.listener.close()


class Agent:
    """An ssh-agent that holds these keys."""

    def __init__(self, folder, keys):
        self.socket = os.path.join(folder, "agent.sock")
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", self.socket], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(self.socket), "the agent listens")
        for key in keys:
            subprocess.run(["ssh-add", "-q", key], env=dict(os.environ, SSH_AUTH_SOCK=self.socket), check=True, stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(20 * SLOW)

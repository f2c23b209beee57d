# SPDX-License-Identifier: Apache-2.0
"""git's own daemon as a remote that can go away, come back, or fall silent."""
import os
import re
import signal
import socket
import subprocess

import support
from support import wait_until


class Daemon:
    """git daemon over a folder; its log says who asked for what"""

    def __init__(self, folder):
        self.folder, self.port = folder, support.free_port()
        self.log_path = os.path.join(folder, "daemon.log")
        self.start()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["git", "daemon", "--verbose", "--export-all", "--listen=127.0.0.1", "--port=%d" % self.port, "--base-path=" + self.folder, "--reuseaddr", self.folder],
                                            stdout=log, stderr=log, start_new_session=True)
        wait_until(self.listens, "git daemon listens")

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def uri(self, name):
        return "git://127.0.0.1:%d/%s.git" % (self.port, name)

    def fetches(self, name):
        with open(self.log_path, "r", errors="replace") as f:
            return len(re.findall(r"Request upload-pack for '/%s\.git'" % re.escape(name), f.read()))

    def stop(self):
        """with everything that it started"""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()

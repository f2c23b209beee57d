# SPDX-License-Identifier: Apache-2.0
"""Git remotes over HTTP for the functional tests: certificates made by openssl, git http-backend behind nginx
and fcgiwrap, and an HTTP proxy. Everything listens on loopback alone and ends with its test."""
import base64
import os
import select
import shutil
import signal
import socket
import subprocess
import threading

from support import free_port, git, wait_until

PROGRAMS = ("nginx", "fcgiwrap", "openssl")


def find(program):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise AssertionError("these tests need %s: ./dev deps test" % program)
    return path


def quiet(*args, **more):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise AssertionError("%s: %s" % (" ".join(args), done.stdout.decode("utf-8", "replace")))


CA_CONFIG = """
[ca]
default_ca = one
[one]
dir = %(folder)s
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir/issued
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = empty
[empty]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, "ca-" + name.replace(" ", "-"))
        os.makedirs(os.path.join(self.folder, "issued"))
        self.config = os.path.join(self.folder, "ca.cnf")
        self.pem = os.path.join(self.folder, "ca.pem")
        self.write("ca.cnf", CA_CONFIG % {"folder": self.folder})
        self.write("index", "")
        self.write("serial", "01\n")
        quiet("openssl", "req", "-x509", "-config", self.config, "-extensions", "root", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name, "-keyout",
              os.path.join(self.folder, "ca.key"), "-out", self.pem)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def issue(self, name, names, dates=(), passphrase=None):
        """a certificate for these names ("DNS:localhost,IP:127.0.0.1"); gives the paths of it and of its key"""
        base = os.path.join(self.folder, name)
        self.write(name + ".ext", "subjectAltName = %s\n" % names if names else "basicConstraints = CA:false\n")
        lock = ["-passout", "pass:" + passphrase] if passphrase else ["-nodes"]
        quiet("openssl", "req", "-config", self.config, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *lock,
              "-subj", "/CN=" + name, "-keyout", base + ".key", "-out", base + ".csr")
        when = ["-startdate", dates[0], "-enddate", dates[1]] if dates else []
        quiet("openssl", "ca", "-batch", "-notext", "-config", self.config, *when, "-extfile", base + ".ext", "-in",
              base + ".csr", "-out", base + ".pem")
        return base + ".pem", base + ".key"


class Web:
    """nginx in front of git http-backend. Sites are changed by site(…) and take effect at restart()."""

    def __init__(self, folder, root):
        self.folder, self.root, self.sites, self.processes = os.path.join(folder, "web"), root, {}, []
        os.makedirs(self.folder)
        self.backend = os.path.join(git("--exec-path"), "git-http-backend")
        self.cgi = os.path.join(self.folder, "cgi")
        self.nginx = None
        for program in PROGRAMS:
            find(program)

    def site(self, name, **options):
        """adds or changes one; options: address, tls=(pem, key), protocols, users={name: password}, client_ca,
        redirect (the whole Location but for the path)"""
        site = self.sites.setdefault(name, {"port": free_port()})
        site.update(options)
        if site.get("users") is not None:
            with open(os.path.join(self.folder, name + ".users"), "w", encoding="utf-8") as f:
                f.write("".join("%s:{PLAIN}%s\n" % item for item in site["users"].items()))
        return site["port"]

    def port(self, name):
        return self.sites[name]["port"]

    def describe(self, name, site):
        tls = site.get("tls")
        lines = ["listen %s:%d%s;" % (site.get("address", "127.0.0.1"), site["port"], " ssl" * bool(tls))]
        if tls:
            lines += ["ssl_certificate %s;" % tls[0], "ssl_certificate_key %s;" % tls[1],
                      "ssl_protocols %s;" % site.get("protocols", "TLSv1.2 TLSv1.3")]
        if site.get("client_ca"):
            lines += ["ssl_client_certificate %s;" % site["client_ca"], "ssl_verify_client on;"]
        if site.get("users") is not None:
            lines += ["auth_basic git;", "auth_basic_user_file %s/%s.users;" % (self.folder, name)]
        if site.get("redirect"):
            lines += ["location / { return 301 %s$request_uri; }" % site["redirect"]]
        else:
            params = {"SCRIPT_FILENAME": self.backend, "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": '""',
                      "PATH_INFO": "$uri", "REQUEST_METHOD": "$request_method", "QUERY_STRING": "$query_string",
                      "CONTENT_TYPE": "$content_type", "CONTENT_LENGTH": "$content_length",
                      "SERVER_PROTOCOL": "$server_protocol", "REMOTE_USER": "$remote_user",
                      "GIT_CONFIG_NOSYSTEM": "1"}
            lines += ["location / { fastcgi_pass unix:%s; %s }" % (
                self.cgi, " ".join("fastcgi_param %s %s;" % item for item in params.items()))]
        return "server { access_log %s/%s.log seen; %s }" % (self.folder, name, "\n".join(lines))

    def start(self):
        if not self.processes:
            env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
            self.processes.append(subprocess.Popen([find("fcgiwrap"), "-c", "2", "-s", "unix:" + self.cgi], env=env,
                                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                                   start_new_session=True))
            wait_until(lambda: os.path.exists(self.cgi), "fcgiwrap listens")
        temporary = "".join("%s_temp_path %s/tmp-%s;\n" % (k, self.folder, k) for k in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = os.path.join(self.folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as f:
            f.write("daemon off; master_process off; pid %s/pid; error_log %s/error.log;\nevents { }\nhttp {\n"
                    "log_format seen '$ssl_protocol $remote_user $request $status';\n%s%s\n}\n" % (
                        self.folder, self.folder, temporary,
                        "\n".join(self.describe(*item) for item in self.sites.items())))
        self.nginx = subprocess.Popen([find("nginx"), "-p", self.folder, "-e", self.folder + "/error.log", "-c", config],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for site in self.sites.values():
            wait_until(lambda: self.listens(site), "nginx listens: " + self.errors())
        return self

    def listens(self, site):
        if self.nginx.poll() is not None:
            raise AssertionError("nginx ended: " + self.errors())
        try:
            socket.create_connection((site.get("address", "127.0.0.1").strip("[]"), site["port"]), 1).close()
            return True
        except OSError:
            return False

    def errors(self):
        try:
            with open(self.folder + "/error.log", encoding="utf-8") as f:
                return f.read()[-2000:]
        except OSError:
            return ""

    def seen(self, name):
        """the log of a site: lines of TLS version, user, request, status"""
        with open("%s/%s.log" % (self.folder, name), encoding="utf-8") as f:
            return f.read()

    def halt(self):
        """nginx alone"""
        end(self.nginx)
        self.nginx = None

    def restart(self):
        self.halt()
        return self.start()

    def stop(self):
        end(self.nginx)
        for process in self.processes:  # with its children, which outlive it
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.nginx, self.processes = None, []


def end(process):
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Proxy:
    """An HTTP proxy: CONNECT and whole uris. Every name leads to loopback, so that a name that nobody else
    can look up shows who did. user: "name:password" that it asks for; `requests`: their first lines."""

    def __init__(self, user=None):
        self.user, self.requests, self.open = user, [], True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        self.open = False
        self.listener.close()

    def accept(self):
        while self.open:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                client.settimeout(20)
                while self.one_request(client):
                    pass
            except OSError:
                pass

    def one_request(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return False
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.requests.append(lines[0])
        method, target = lines[0].split()[:2]
        wanted = "proxy-authorization: basic " + base64.b64encode((self.user or "").encode()).decode()
        if self.user and wanted.lower() not in (line.lower() for line in lines[1:]):
            client.sendall(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n")
            return True
        if method == "CONNECT":
            server = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])), 5)
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            rest = target.partition("://")[2]
            authority, slash, path = rest.partition("/")
            server = socket.create_connection(("127.0.0.1", int(authority.rpartition(":")[2])), 5)
            kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))]
            first = "%s %s HTTP/1.1" % (method, slash + path)
            server.sendall("\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1") + body)
        with server:
            pump(client, server)
        return False


def pump(a, b):
    """copies both ways until either closes"""
    while True:
        ready, _, _ = select.select([a, b], [], [], 20)
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (b if source is a else a).sendall(data)


class Silent:
    """Accepts connections and says nothing, or only `words`, once something was received."""

    def __init__(self, port=0, words=None):
        self.words, self.clients = words, []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.clients.append(client)
            if self.words is not None:
                try:
                    client.recv(65536)
                    client.sendall(self.words)
                    client.close()
                except OSError:
                    pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self.clients:
            client.close()

# SPDX-License-Identifier: Apache-2.0
"""The shapes of requests that clients in use send, with what each of them needs of the answer."""
import support
from support import V2

FILES = {"application.yml": "shared: yes\nname: base\n", "app.yml": "name: app\nport: 8080\non: true\nratio: 0.5\nlist: [a, {b: 1}]\ntext: h\u00e9llo ${name}\n", "app-dev.yml": "name: app-dev\n", "app-mysql.yml": "db: mysql\n", "app-development.yml": "name: node\n",
         "dir/nested.conf": "name=${name}\n", "file.txt": "plain ${name}\n", "multi.yml": "a: 1\n---\nspring.config.activate.on-profile: dev\na: 2\n"}

#   who, path, headers -> checked by the functions below
ENVIRONMENT = [
    ("Java 5.0 first phase", "/app/default", {"Accept": V2, "Accept-Charset": "utf-8", "User-Agent": "Java/17", "Connection": "keep-alive"}),
    ("Java 5.0 second phase", "/app/dev,mysql", {"Accept": V2, "Accept-Charset": "utf-8", "X-Config-State": "s1", "Connection": "keep-alive"}),
    ("Java with label", "/app/dev/feature(_)x", {"Accept": V2, "Accept-Charset": "utf-8", "X-Config-Token": "t"}),
    ("Java 3.1", "/app/dev/main", {"Accept": "application/json, application/*+json", "Accept-Charset": "utf-8"}),
    ("Java with user info", "/app/dev", {"Accept": V2, "Authorization": "Basic dXNlcjpwYXNz"}),
    ("Micronaut", "/app/dev%2Cmysql/main", {"Accept": "application/json", "User-Agent": "micronaut"}),
    ("Micronaut, label with a slash", "/app/dev/feature%2Fx", {"Accept": "application/json"}),
    ("Vert.x", "/app/dev", {"User-Agent": "Vert.x-WebClient/4"}),
    ("Quarkus", "/app/dev/main", {"Accept": "application/json"}),
    ("npm cloud-config-client", "/app/dev%2Cmysql/feature%2Fx", {}),
    ("npm nice-cloud-config-client", "/app/dev%2Cmysql/feature%2Fx", {"Authorization": "Basic Og=="}),
    ("npm spring-cloud-config", "/app/dev%2Cmysql/main", {"Authorization": "Basic Og=="}),
    ("npm nodecloud-config-client", "/app/development", {"Accept": "application/json"}),
    ("axios", "/app/dev", {"Accept": "application/json, text/plain, */*", "User-Agent": "axios/0.18.0"}),
    ("Go cloudconfigclient", "/app/dev,mysql", {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}),
    ("Go cloudconfigclient with label", "/app/dev,mysql/main", {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}),
    ("Go senv", "/app/dev/main", {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}),
    ("Rust scconfig-rs", "/app/dev,mysql/feature(_)x", {"accept": "*/*"}),
    ("Python requests", "/app/dev/main", {"User-Agent": "python-requests/2.31", "Accept-Encoding": "gzip, deflate", "Accept": "*/*", "Connection": "keep-alive"}),
    ("Python with None credentials", "/app/dev", {"Authorization": "Basic Tm9uZTpOb25l", "Accept": "*/*"}),
    (".NET Steeltoe", "/app/dev%2cmysql/feature%28_%29x", {"X-Config-Token": ""}),
    ("bearer in lower case", "/app/dev", {"Authorization": "bearer T"}),
    ("bearer", "/app/dev", {"Authorization": "Bearer T"}),
    ("unknown scheme", "/app/dev", {"Authorization": "Weird x"}),
    ("broken Basic", "/app/dev", {"Authorization": "Basic !!!"}),
    ("curl", "/app/dev", {"User-Agent": "curl/8.0", "Accept": "*/*"}),
    ("browser", "/app/dev", {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en", "Upgrade-Insecure-Requests": "1"}),
]


class Clients(support.Case):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("clients.git", FILES)
        cls.r.commit({}, branch="feature/x", parent="main")
        cls.s = cls.git_server(cls.r)

    def test_environment_requests(self):
        for who, path, headers in ENVIRONMENT:
            with self.subTest(who=who):
                a = self.s.get(path, headers)
                self.assertEqual(a.status, 200, (who, a))
                e = a.json
                two = headers.get("Accept") == V2
                self.assertEqual(a.kind, V2 if two else "application/json")
                self.assertEqual(sorted(e), ["label", "name", "profiles", "propertySources", "state", "version"])
                self.assertEqual(e["name"], "app")
                self.assertIsInstance(e["profiles"], list)
                self.assertRegex(e["version"], r"^[0-9a-f]{40}$")
                if "feature" in path:
                    self.assertEqual(e["label"], "feature/x")
                elif "main" in path:
                    self.assertEqual(e["label"], "main")
                else:
                    self.assertIsNone(e["label"])
                top = e["propertySources"][0]
                if "mysql" in path:
                    self.assertIn("app-mysql.yml", top["name"])
                elif "/dev" in path:
                    self.assertRegex(top["name"], r"[-,]dev\b" if "development" not in path else r"-development\.")
                app = next(x for x in e["propertySources"] if x["name"].endswith("/app.yml"))["source"]
                value = (lambda k: app[k]["value"]) if two else (lambda k: app[k])
                self.assertEqual((value("port"), value("[true]") if "[true]" in app else value("on"), value("ratio"), value("list[0]"), value("list[1].b")), (8080, True, 0.5, "a", 1))

    def test_profiles_with_encoded_comma_are_the_same(self):
        for path in ("/app/dev%2Cmysql", "/app/dev%2cmysql", "/app/dev,mysql"):
            self.assertEqual(self.s.get(path).json["profiles"], ["dev,mysql"])
            self.assertEqual(len(self.s.get(path).sources), 4)

    def test_text_clients(self):
        for who, path, headers, kind in (("spring-cloud-config-client-js", "/app-dev.json", {"Accept": "application/json, text/plain, */*"}, "application/json"), ("cloud-foundry-config-client", "/app-dev.yml", {"Authorization": "bearer x"}, "text/plain"),
                                         ("Go spring-config-client-go", "/main/app-dev.json", {"Accept-Encoding": "gzip"}, "application/json"), ("Go, yml", "/main/app-dev.yml", {"Accept-Encoding": "gzip"}, "text/plain"), ("Python spring-config-client", "/app-dev.json", {}, "application/json"),
                                         ("curl", "/app-dev.properties", {"Accept": "*/*"}, "text/plain"), ("Rust sccc", "/app-dev.json", {"authorization": "Basic dTpw"}, "application/json")):
            with self.subTest(who=who):
                a = self.s.get(path, headers)
                self.assertEqual((a.status, a.kind), (200, kind), (who, a))
                self.assertIn("h\u00e9llo app-dev", a.body.decode("utf-8"))
                if kind.startswith("text/"):
                    self.assertRegex(a.headers["content-type"].lower(), r"charset=utf-8")

    def test_file_clients(self):
        for who, path, headers, text in (("Go, default branch", "/default/default/file.txt?useDefaultLabel=true", {}, "plain base\n"), ("Go, branch", "/default/default/main/dir/nested.conf", {}, "name=base\n"), ("Python", "/app/dev/main/file.txt", {"Accept": "*/*"}, "plain app-dev\n"),
                                         ("Rust", "/app/dev/main/dir/nested.conf", {"Accept": "application/octet-stream"}, "name=${name}\n"), ("Rust, default", "/app/dev/file.txt?useDefaultLabel=true", {"Accept": "application/octet-stream"}, "plain ${name}\n")):
            with self.subTest(who=who):
                a = self.s.get(path, headers)
                self.assertEqual((a.status, a.text), (200, text), (who, a))

    def test_answers_never_redirect(self):
        for path in ("/app/dev/", "/app", "/", "/App/Dev", "//app/dev", "/app/dev//main", "/app/dev/main/", "/actuator", "/app.yml"):
            self.assertIn(self.s.get(path).status, (200, 404), path)

    def test_not_found_is_404_with_json(self):
        a = self.s.get("/app/dev/nosuch", {"Accept": V2})
        self.assertEqual(a.status, 404)
        self.assertEqual(a.json["status"], 404)
        self.assert_error(self.s.get("/app/dev/nosuch", {"Accept": "application/json"}), 404)

    def test_steeltoe_token_renewal_is_answered_quietly(self):
        a = self.s.ask("POST", "/vault/v1/auth/token/renew-self", {"X-Vault-Token": "t"}, body=b'{"increment":300}')
        self.assertIn(a.status, (204, 404, 405), a)

    def test_documents_carry_their_number(self):
        self.assertEqual([x["name"].rsplit(" ", 2)[-2:] for x in self.s.get("/multi/dev").sources[:2]], [["(document", "#1)"], ["(document", "#0)"]])

    def test_unknown_headers_and_parameters(self):
        headers = {"X-B3-TraceId": "1", "traceparent": "00-x-y-01", "Cookie": "a=b; c", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Forwarded": "for=x", "Origin": "http://x", "Referer": "http://x/", "Cache-Control": "no-cache", "Pragma": "no-cache", "TE": "trailers", "X-Config-State": ""}
        self.assertEqual(self.s.get("/app/dev?x=y&z&resolvePlaceholders=&_=1", headers).status, 200)


if __name__ == "__main__":
    support.main()

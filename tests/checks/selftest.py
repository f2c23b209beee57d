#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The check of the floors must be able to fail: one broken file for each of its rules, and good ones."""
import sys
import unittest

import floors


class Floors(unittest.TestCase):
    def refused(self, path, include, why):
        found = floors.problems(path, "/* x */\n#include %s\n" % include)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][0], 2)
        self.assertIn(why, found[0][1])

    def allowed(self, path, *includes):
        text = "".join("#include %s\n" % one for one in includes)
        self.assertEqual(floors.problems(path, text), [])

    def test_downward(self):
        self.allowed("server/http/loop.c", '"server/http/loop.h"', '"server/service/service.h"',
                     '"core/base/str.h"', "<microhttpd.h>", "<sys/epoll.h>", "<stdint.h>")
        self.allowed("core/base/buf.c", '"core/model/limits.h"')
        self.allowed("server/main.c", '"server/app/app.h"')

    def test_upward(self):
        self.refused("core/base/buf.c", '"core/model/node.h"', "lies above")
        self.refused("server/service/watch.h", '"server/http/http.h"', "lies above")

    def test_siblings(self):
        self.refused("core/render/nest.c", '"core/merge/merge.h"', "siblings")
        self.refused("server/git/tree.c", '"server/crypto/cipher.h"', "siblings")

    def test_client_and_server(self):
        self.refused("client/lib/view.c", '"server/git/store.h"', "client and server")
        self.refused("server/app/app.c", '"client/lib/view.h"', "client and server")

    def test_third_party(self):
        self.allowed("core/parse/parse_yaml.c", "<yaml.h>")
        self.refused("core/parse/parse_yaml.h", "<yaml.h>", "belongs to")
        self.refused("server/http/on_env.c", "<git2.h>", "belongs to")
        self.refused("server/http/on_env.c", "<git2/blob.h>", "belongs to")
        self.refused("core/base/str.c", "<glib.h>", "neither")

    def test_spelling(self):
        self.refused("core/base/buf.c", '"buf.h"', "from the root")
        self.refused("tests/unit/core/base/test_buf.c", '"core/base/buf.c"', "never included")
        self.refused("core/base/buf.c", "BUF_HEADER", "macro")
        self.refused("core/base/buf.c", '"tests/support/support.h"', "does not see the tests")

    def test_tests_stand_in_their_room(self):
        self.allowed("tests/unit/core/render/test_nest.c", '"core/render/nest.h"', '"tests/support/text.h"',
                     "<cmocka.h>")
        self.refused("tests/unit/core/render/test_nest.c", '"core/merge/merge.h"', "siblings")
        self.allowed("tests/unit/server/git/test_tree.c", '"tests/unit/server/git/fixture.h"')
        self.refused("tests/unit/server/git/test_tree.c", '"tests/unit/server/http/client.h"', "neither in")
        self.allowed("tests/fuzz/fuzz_target.c", '"server/http/router.h"')

    def test_homeless(self):
        self.assertTrue(floors.problems("extra/thing.c", ""))


if __name__ == "__main__":
    sys.exit(unittest.main())

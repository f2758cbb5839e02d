#!/usr/bin/env python3
"""lint_test.py: proves that every rule of lint.py fires on a bad tree and stays silent on a good one.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys
import tempfile

import lint

HEAD = "// a file. SPDX-License-Identifier: Apache-2.0\n"
SLOT = "/* a header. SPDX-License-Identifier: Apache-2.0 */\ntypedef struct stoa_x { /* table */\n%s\n} stoa_x;\n"

# (rule, path, bad content, good content): bad gives exactly one finding, of that rule; good gives none.
CASES = [
    ("arrows", "host/runtime/a.cpp", '#include "host/http/b.hpp"', '#include "host/runtime/b.hpp"'),
    ("arrows", "host/runtime/a.cpp", "#include <nlohmann/json.hpp>", "#include <boost/dll/shared_library.hpp>"),
    ("arrows", "host/inference/a.cpp", "#include <boost/dll.hpp>", '#include "host/runtime/b.hpp"'),
    ("arrows", "host/inference/a.cpp", '#include "host/runtime/in_process_instance.hpp"', '#include "host/runtime/instance.hpp"'),
    ("arrows", "host/inference/a.hpp", '#include "../runtime/in_process_instance.hpp"', '#include "host/runtime/call.hpp"'),
    ("arrows", "host/inference/a.cpp", "#include <host/runtime/in_process_instance.hpp>", None),
    ("arrows", "host/inference/a_test.cpp", "#include <nlohmann/json.hpp>", '#include "host/runtime/in_process_instance.hpp"'),
    ("arrows", "host/http/a.cpp", '#include "registry/package/manifest.hpp"', "#include <boost/beast/http.hpp>"),
    ("arrows", "host/http/a.cpp", '#include "host/inference/b.hpp"', "#include <boost/asio/post.hpp>"),
    ("arrows", "host/api/a.cpp", "#include <sqlite3.h>", "#include <simdjson.h>"),
    ("arrows", "host/api/a.cpp", '#include "host/app/config.hpp"', '#include "host/http/b.hpp"'),
    ("arrows", "registry/package/a.cpp", "#include <boost/asio/post.hpp>", "#include <archive.h>"),
    ("arrows", "registry/package/a.cpp", '#include "licensing/ledger.hpp"', '#include "stoa/result.hpp"'),
    ("arrows", "licensing/a.cpp", '#include "registry/package/manifest.hpp"', "#include <openssl/evp.h>"),
    ("arrows", "sdk/include/stoa/a.h", "#include <unistd.h>", "#include <stdint.h>"),
    ("arrows", "sdk/include/stoa/a.h", '#include "stoa/error.hpp"', '#include "stoa/dlpack.h"'),
    ("arrows", "sdk/cpp/include/stoa/a.hpp", "#include <fmt/format.h>", "#include <vector>"),
    ("arrows", "sdk/check/a.cpp", '#include "host/runtime/part.hpp"', "#include <sys/mman.h>"),
    ("arrows", "plugins/x/plugin.cpp", '#include "host/runtime/part.hpp"', '#include "stoa/plugin.hpp"'),
    ("arrows", "examples/x/plugin.cpp", '#include "registry/package/manifest.hpp"', '#include "stoa/plugin.hpp"'),
    ("arrows", "host/http/a_test.cpp", '#include "host/api/b.hpp"', "#include <gtest/gtest.h>"),
    ("arrows", "host/http/a.cpp", "#include <gtest/gtest.h>", "#include <zlib.h>"),
    ("arrows", "host/cli/a.cpp", "#include <somebody/else.h>", "#include <CLI/CLI.hpp>"),
    ("arrows", "docs/a.cpp", "int x;", None),
    ("endl", "host/api/a.cpp", "void f() { std::cout << std::endl; }", 'auto s = "std::endl";  // std::endl'),
    ("sprintf", "host/api/a.cpp", "void f() { sprintf(b, x); }", "void f() { snprintf(b, 3, x); }"),
    ("unbounded-copy", "host/api/a.cpp", "void f() { strcpy(a, b); }", "void f() { memcpy(a, b, n); }"),
    ("atoi", "host/api/a.cpp", "int f() { return atoi(p); }", "int f() { return std::from_chars(p, q, n); }"),
    ("shell", "host/cli/a.cpp", 'void f() { std::system("ls"); }', "std::system_error e; int s = x.system(1);"),
    ("regex", "host/api/a.cpp", "std::regex r;", "regexp r;"),
    ("detached-thread", "host/api/a.cpp", "void f() { t.detach(); }", "void f() { t.join(); }"),
    ("detached-coroutine", "host/http/a.cpp", "void f() { co_spawn(x, g(), asio::detached); }",
     "void f() { co_spawn(x, g(), group.use()); }"),
    ("using-namespace-std", "host/api/a.cpp", "using namespace std;", "using namespace std::chrono_literals;"),
    ("float-money", "licensing/a.cpp", "double price;", "std::int64_t price_nano;  // no double"),
    ("dlclose", "host/runtime/a.cpp", "void f() { dlclose(h); }", "// the host never calls dlclose"),
    ("dlopen", "host/app/a.cpp", 'void f() { dlopen("x", 1); }', "void f() { open_library(p); }"),
    ("dlopen", "host/app/a.cpp", "boost::dll::shared_library l;", "runtime::PluginLibrary l;"),
    ("sqlite", "registry/catalogue.cpp", "int f() { return sqlite3_step(s); }", "int f() { return store.step(); }"),
    ("nlohmann-outside-the-edges", "host/runtime/a.cpp", "nlohmann::json j;", "std::string j;"),
    ("shared-mutex", "host/api/a.cpp", "std::shared_mutex m;", "std::mutex m;"),
    ("rand", "host/api/a.cpp", "int f() { return rand(); }", "int f() { return torch::rand({1}); }"),
    ("sleep-in-test", "host/api/a_test.cpp", "void f() { std::this_thread::sleep_for(s); }",
     "void f() { changed.wait_for(lock, s, done); }"),
    ("getenv", "host/http/a.cpp", 'auto p = std::getenv("X");', "auto p = config.x;"),
    ("todo", "host/api/a.cpp", "// TODO: later", "// done"),
    ("machine-path", "docs/a.md", "see /work/main/x", "see ../work/main/x and /usr/share/x"),
    ("tree", "host/worker2/a.md", "x", None),
    ("tree", "newroom/a.md", "x", None),
    ("tree", "docs/utils/a.md", "x", None),
    ("abi-thread-tag", "sdk/include/stoa/a.h", SLOT % "  /* Does it all, at once. */\n  int (*f)(void);",
     SLOT % "  /* Does it all, at once. [any] */\n  int (*f)(void);"),
    ("abi-docstring", "sdk/include/stoa/a.h", SLOT % "  int (*f)(void); /* [any] */",
     SLOT % "  int (*f)(void); /* [any] frees the thing itself */"),
    ("abi-thread-tag", "sdk/include/stoa/a.h", SLOT % "/* Does it all. [any] */\n  int (*f)(void);\n\n  int (*g)(void); /* and so on, for ever */",
     SLOT % "/* Does it all. [any] */\n  int (*f)(void);\n\n  int (*g)(void); /* and so on, for ever [control] */"),
    ("abi-thread-tag", "sdk/include/stoa/a.h",
     "/* SPDX-License-Identifier: Apache-2.0 */\n/* The entry of it all. */\nint stoa_plugin_entry(int min);",
     "/* SPDX-License-Identifier: Apache-2.0 */\n/* The entry of it all. [control] */\nint stoa_plugin_entry(int min);"),
    ("spdx", "host/api/b.cpp", None, "int x;"),
    ("length", "host/api/a.cpp", "int x;\n" * 501, "int x;\n" * 480),
]


def findings(path, content):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return [f[2] for f in lint.lint(pathlib.Path(folder), lint.CHECKS)]


def main():
    failures = 0
    for rule, path, bad, good in CASES:
        head = "" if "SPDX" in (bad or "") or path.endswith(".md") else HEAD
        for content, wanted in ((head + bad if bad else "int x;\n", [rule]), (head + good if good else None, [])):
            if content is not None and (found := findings(path, content)) != wanted:
                print(f"{path}: {content[:120]!r}: found {found}, expected {wanted}")
                failures += 1
    unproven = {r["name"] for r in lint.BANNED} - {c[0] for c in CASES}
    if unproven:
        print("rules without a bad example here: " + ", ".join(sorted(unproven)))
        failures += 1
    print(f"{len(CASES)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

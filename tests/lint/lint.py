#!/usr/bin/env python3
"""lint.py: reads every source file and holds it against the table of arrows and the banned list.

SPDX-License-Identifier: Apache-2.0

  lint.py TREE [CHECK…]     CHECK: arrows banned tree abi spdx length; all of them without one

Prints one line per finding, "file:line: rule: what is wrong; what is allowed instead". Exit 1 when there is one. The tables
are arrows.toml and banned.toml beside this file; lint_test.py proves that every rule fires.
"""
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).parent
ARROWS = tomllib.loads((HERE / "arrows.toml").read_text())
BANNED = tomllib.loads((HERE / "banned.toml").read_text())["rule"]
CODE = (".c", ".h", ".cpp", ".hpp")
SOURCES = CODE + (".py", ".sh", ".cmake", ".js")
TEXT = SOURCES + (".md", ".txt", ".toml", ".json", ".yaml", ".yml", ".def", ".map")
DATA = ("/assets/", "/corpus/", "/contracts/")  # not written by us, or not for reading


def files_of(tree):
    """Paths relative to the tree: what git tracks or would track, or everything where there is no git."""
    if (tree / ".git").exists():
        listed = subprocess.run(["git", "-C", str(tree), "ls-files", "-co", "--exclude-standard"], check=True,
                                capture_output=True, text=True, timeout=60).stdout.splitlines()
        found = [f for f in listed if (tree / f).is_file()]
    else:
        found = [os.path.relpath(os.path.join(folder, name), tree)
                 for folder, _, names in os.walk(tree) for name in names]
    return sorted(f for f in found if not any(d in "/" + f for d in DATA))


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^ ()\\]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
                    r"|(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])*'", re.S)


def blank(text, keep_comments=False):
    """The text with comments and literals as spaces: same length, same lines. Includes keep their file names."""
    def spaces(match):
        token = match.group()
        if keep_comments and token.startswith(("//", "/*")):
            return token
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start:match.start()].lstrip().startswith("#include"):
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKENS.sub(spaces, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


# ---- arrows ----

def module_of(path):
    fitting = [m for m in ARROWS["module"] if path == m["path"] or path.startswith(m["path"] + "/")]
    return max(fitting, key=lambda m: len(m["path"]), default=None)


def target_of(included, path, known):
    """The module path or library name an include leads to; None for one nobody knows."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), included))
    if beside in known:
        return module_of(beside)["path"] if module_of(beside) else beside
    if included in known:
        return module_of(included)["path"] if module_of(included) else included
    for name, pattern in ARROWS["libraries"].items():
        if re.search(pattern, included):
            return name
    if included.startswith("stoa/"):
        return "sdk/include" if included.endswith(".h") else "sdk/cpp"
    own = module_of(included)
    return own["path"] if own else None


def is_test(path):
    name = os.path.basename(path)
    return bool(re.search(r"_(test|fuzz|bench)\.c(pp)?$|^(test|fixture|bench)_\w+\.[ch]pp$|_test_\w+\.hpp$", name))


def check_arrows(path, text, known):
    module = module_of(path)
    if not path.endswith(CODE) or "sdk/abi/v1/" in path:
        return
    if module is None:
        yield 1, "arrows", "lies in no module of tests/lint/arrows.toml", "one of its modules"
        return
    allowed = module["may"] + (module.get("tests", []) if is_test(path) else [])
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', blank(text), re.M):
        target = target_of(match.group(1), path, known)
        beside = os.path.normpath(os.path.join(os.path.dirname(path), match.group(1)))
        inner = [f for f in module.get("behind_a_seam", []) if f in (match.group(1), beside) and not is_test(path)]
        if inner:
            what = f"{module['path']} may not include {inner[0]}, which lies behind a seam"
            yield line_of(text, match.start(1)), "arrows", what, f"the seam's own header ({module['seam']})"
            continue
        if target in allowed or (target and any(target.startswith(a + "/") for a in allowed)):
            continue
        what = f"{module['path']} may not include {match.group(1)} ({target or 'a file or library nobody lists'})"
        why = f" ({module['why']})" if "why" in module else ""
        yield line_of(text, match.start(1)), "arrows", what, f"it may include {', '.join(allowed)}{why}"


# ---- banned ----

def applies(rule, path):
    return (any(fnmatch.fnmatch(path, p) for p in rule.get("only", ["*"])) and
            not any(fnmatch.fnmatch(path, p) for p in rule.get("unless", [])))


def check_banned(path, text, known):
    code = blank(text) if path.endswith(CODE) else ""
    for rule in BANNED:
        where = text if rule.get("where") == "text" else code
        if applies(rule, path):
            for match in re.finditer(rule["pattern"], where):
                yield line_of(text, match.start()), rule["name"], f"{match.group().strip()!r} is not used here", rule["instead"]


# ---- the tree's names ----

def check_tree(path, text, known):
    parts = path.split("/")
    tree = ARROWS["tree"]
    if parts[0] not in tree["top"]:
        yield 1, "tree", f"{parts[0]} is a new top-level name", "a place in one of: " + ", ".join(tree["top"])
    if parts[0] == "host" and len(parts) > 1 and parts[1] not in tree["host"]:
        yield 1, "tree", f"host/{parts[1]} is a new module", "one of: " + ", ".join(tree["host"])
    for folder in parts[:-1]:
        if folder in tree["forbidden_folders"]:
            yield 1, "tree", f"a folder is called {folder}", "a name that says what the things in it are"


# ---- the C ABI's slots ----

TAG = re.compile(r"\[(control|model|any)\]")
SLOT = re.compile(r"\(\*(\w+)\)\s*\(|\b(stoa_plugin_entry|stoa_cancelled)\s*\(")


def comment_at(text, position):
    """The comments that belong to the declaration at position: the ones right before it and the one on its own line."""
    start = text.rfind("\n", 0, position) + 1
    before = re.search(r"(/\*(?:(?!\*/).)*\*/)\s*\Z", text[:start], re.S)
    end = text.find(";", position)
    line_end = text.find("\n", end if end >= 0 else position)
    after = re.search(r"/\*.*?\*/", text[position:line_end], re.S)
    return (before.group(1) if before else "") + (after.group() if after else "")


def check_abi(path, text, known):
    if not (path.startswith("sdk/include/") and path.endswith(".h")):
        return
    code = blank(text)
    for match in SLOT.finditer(code):
        name = match.group(1) or match.group(2)
        comment = comment_at(text, match.start())
        line = line_of(text, match.start())
        if not TAG.search(comment):
            yield line, "abi-thread-tag", f"{name} has no thread tag", "[control], [model] or [any] in the comment before it"
        if len(re.findall(r"[a-z]{2,}", TAG.sub("", comment))) < 3:
            yield line, "abi-docstring", f"{name} has no docstring", "what it does, who owns what, every status, may it block"


# ---- form ----

def check_spdx(path, text, known):
    if path.endswith(SOURCES) and "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.splitlines()[:12]):
        yield 1, "spdx", "no licence line", "SPDX-License-Identifier: Apache-2.0 in the first lines"


def check_length(path, text, known):
    length, limit = text.count("\n"), ARROWS["length"]["limit"]
    if path.endswith(CODE + (".py",)) and length > limit and path not in ARROWS["length"]["reasons"]:
        yield length, "length", f"{length} lines, {limit} want a reason", "two subjects, or a reason in tests/lint/arrows.toml"


CHECKS = {"arrows": check_arrows, "banned": check_banned, "tree": check_tree, "abi": check_abi, "spdx": check_spdx,
          "length": check_length}


def lint(tree, checks):
    """(path, line, rule, what, instead) of every finding in the tree."""
    paths = files_of(tree)
    known = set(paths)
    for path in paths:
        text = ""
        if path.endswith(TEXT):
            text = (tree / path).read_text(errors="replace")
        for check in checks:
            for line, rule, what, instead in CHECKS[check](path, text, known):
                yield path, line, rule, what, instead


def main():
    tree = pathlib.Path(sys.argv[1]).resolve()
    findings = list(lint(tree, sys.argv[2:] or CHECKS))
    for path, line, rule, what, instead in findings:
        print(f"{path}:{line}: {rule}: {what}; instead: {instead}")
    long = [p for p in files_of(tree) if p.endswith(CODE) and (tree / p).read_text(errors="replace").count("\n") >
            ARROWS["length"]["normal"]]
    if "length" in (sys.argv[2:] or CHECKS) and long:
        print(f"note: {len(long)} files have more than {ARROWS['length']['normal']} lines: {', '.join(long)}")
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

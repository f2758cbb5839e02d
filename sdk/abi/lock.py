#!/usr/bin/env python3
"""lock.py: writes the layout lock of the C ABI from what the compiler makes of the headers, and compares it.

SPDX-License-Identifier: Apache-2.0

The lock (layout_v1.h) asserts size, alignment, and for every field offset, size and type of every record and table; the
value of every enumerator; the text of every id. Appending to a record needs a new lock, which a reviewer sees as added
lines only; any other change of a released table or record makes the old lock fail to compile.

  lock.py --include DIR --compiler clang-19 --check sdk/abi/layout_v1.h   exit 1 when the headers say something else
  lock.py --include DIR --compiler clang-19 --write sdk/abi/layout_v1.h
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = """/* layout_v1.h: the layout of the C ABI, version 1, on 64-bit systems. Written by sdk/abi/lock.py; read it in a diff.
 * SPDX-License-Identifier: Apache-2.0
 * Compiles where the headers still mean what they meant at the release. A line that goes or changes breaks plugins. */
"""

MACROS = """
#ifdef __cplusplus
template <class A, class B>
struct stoa_lock_same { enum { value = 0 }; };
template <class A>
struct stoa_lock_same<A, A> { enum { value = 1 }; };
#define STOA_LOCK_ASSERT(condition, text) static_assert(condition, text)
#define STOA_LOCK_TYPE(type, field, ...) stoa_lock_same<decltype(((type *)0)->field), __VA_ARGS__>::value
#define STOA_LOCK_ALIGN(type) alignof(type)
#else
#define STOA_LOCK_ASSERT(condition, text) _Static_assert(condition, text)
#define STOA_LOCK_TYPE(type, field, ...) __builtin_types_compatible_p(__typeof__(((type *)0)->field), __VA_ARGS__)
#define STOA_LOCK_ALIGN(type) _Alignof(type)
#endif
#define STOA_LOCK_RECORD(type, size, align) \\
  STOA_LOCK_ASSERT(sizeof(type) >= size && STOA_LOCK_ALIGN(type) == align, #type " shrank or changed its alignment")
#define STOA_LOCK_TABLE(type, size, align) \\
  STOA_LOCK_ASSERT(sizeof(type) == size && STOA_LOCK_ALIGN(type) == align, #type " changed its size or alignment")
#define STOA_LOCK_PLACE(type, field, offset, size) \\
  STOA_LOCK_ASSERT(offsetof(type, field) == offset && sizeof(((type *)0)->field) == size, #type "." #field " moved")
#define STOA_LOCK_FIELD(type, field, offset, size, ...) \\
  STOA_LOCK_PLACE(type, field, offset, size); \\
  STOA_LOCK_ASSERT(STOA_LOCK_TYPE(type, field, __VA_ARGS__), #type "." #field " changed its type")
#define STOA_LOCK_VALUE(name, number) STOA_LOCK_ASSERT(name == number, #name " changed its value")
"""


def run(command, **kwargs):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, **kwargs).stdout


def headers_of(include):
    files = sorted((include / "stoa").rglob("*.h"))
    return [f.relative_to(include).as_posix() for f in files if "draft" not in f.parts and f.name != "manifest.h"]


def own(node, state, include):
    """Whether a declaration comes from our headers; clang writes the file only where it changes."""
    for place in (node.get("loc", {}), node.get("range", {}).get("begin", {})):
        place = place.get("spellingLoc", place)
        if "file" in place:
            state["file"] = place["file"]
            break
    return state["file"].startswith(str(include))


def fields_of(record):
    """(path, type) of every field; the members of an unnamed union after the union itself, which has no type to name."""
    nested = {c.get("id"): c for c in record.get("inner", []) if c["kind"] == "RecordDecl"}
    last = None
    for child in record.get("inner", []):
        if child["kind"] == "RecordDecl":
            last = child
        if child["kind"] != "FieldDecl":
            continue
        kind = child["type"]["qualType"]
        if "unnamed" in kind or "anonymous" in kind:
            yield child["name"], None
            for path, inner in fields_of(nested[last["id"]]):
                yield f"{child['name']}.{path}", inner
        else:
            yield child["name"], kind


def declarations(include, compiler):
    """Records [(name, fields)], enumerators [name] in the order of the headers."""
    source = "#include <stddef.h>\n" + "".join(f'#include "{h}"\n' for h in headers_of(include))
    tree = json.loads(run([compiler, "-x", "c", "-std=c11", f"-I{include}", "-fsyntax-only", "-Xclang",
                           "-ast-dump=json", "-"], input=source))
    records, enumerators, pending, state = [], [], None, {"file": ""}
    for node in tree["inner"]:
        if not own(node, state, include):
            continue
        if node["kind"] == "RecordDecl" and node.get("completeDefinition"):
            if "name" in node:
                records.append((node["name"], list(fields_of(node))))
            else:
                pending = node
        elif node["kind"] == "TypedefDecl" and pending is not None:
            records.append((node["name"], list(fields_of(pending))))
            pending = None
        elif node["kind"] == "EnumDecl":
            enumerators += [c["name"] for c in node.get("inner", []) if c["kind"] == "EnumConstantDecl"]
    return records, enumerators


def ids_of(include):
    ids = []
    for header in headers_of(include):
        ids += re.findall(r'^#define (STOA_\w+) ("[^"]*")', (include / header).read_text(), re.M)
    return ids


def measure(include, compiler, records, enumerators):
    """What a program compiled against the headers prints: one line of the lock each."""
    body = []
    for name, fields in records:
        frozen = "RECORD" if fields and fields[0][0] == "struct_size" else "TABLE"  # records grow, all else is frozen
        body.append(f'printf("\\nSTOA_LOCK_{frozen}({name}, %zu, %zu);\\n", sizeof({name}), _Alignof({name}));')
        for path, kind in fields:
            macro, tail = ("STOA_LOCK_FIELD", f", {kind}") if kind else ("STOA_LOCK_PLACE", "")
            body.append(f'printf("{macro}({name}, {path}, %zu, %zu{tail});\\n", offsetof({name}, {path}), '
                        f"sizeof((({name} *)0)->{path}));")
    body.append('printf("\\n");')
    for name in enumerators:
        body.append(f'printf("STOA_LOCK_VALUE({name}, %lld);\\n", (long long){name});')
    includes = "".join(f'#include "{h}"\n' for h in headers_of(include))
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "measure.c"), pathlib.Path(folder, "measure")
        source.write_text("#include <stddef.h>\n#include <stdio.h>\n" + includes + "int main(void) {\n" +
                          "\n".join(body) + "\nreturn 0;\n}\n")
        run([compiler, "-std=c11", f"-I{include}", str(source), "-o", str(program)])
        return run([str(program)])


def lock_text(include, compiler):
    records, enumerators = declarations(include, compiler)
    includes = "".join(f'#include "{h}"\n' for h in headers_of(include))
    # An equal redefinition is allowed, any other is an error: the preprocessor compares the ids.
    ids = "".join(f"#define {name} {text}\n" for name, text in ids_of(include))
    return (HEAD + "#include <stddef.h>\n" + includes + MACROS + measure(include, compiler, records, enumerators) +
            "\n/* ids */\n" + ids)


def main():
    arguments = argparse.ArgumentParser(description="the layout lock of the C ABI")
    arguments.add_argument("--include", type=pathlib.Path, required=True)
    arguments.add_argument("--compiler", default="clang-19")
    arguments.add_argument("--check", type=pathlib.Path)
    arguments.add_argument("--write", type=pathlib.Path)
    given = arguments.parse_args()
    text = lock_text(given.include.resolve(), given.compiler)
    if given.write:
        given.write.write_text(text)
        return 0
    locked = given.check.read_text()
    if locked == text:
        return 0
    old, new = set(locked.splitlines()), set(text.splitlines())
    for line in sorted(old - new):
        print(f"gone from the headers:   {line}")
    for line in sorted(new - old):
        print(f"not in the lock:         {line}")
    print(f"{given.check} does not match the headers: undo the change, or where it only appends to a record, write it "
          "again with --write and say so in the commit")
    return 1


if __name__ == "__main__":
    sys.exit(main())

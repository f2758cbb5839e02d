"""registry_card_npm.py: cards of hostile text through a public renderer (npm markdown-it, with HTML and bare links on): what comes
out has no element that the card's own form has not, and says the publisher's text word for word.

SPDX-License-Identifier: Apache-2.0
"""
import html.parser
import os
import pathlib
import random
import subprocess
import sys

from npm_tool import npm_package
from registry_catalogue import publish
from registry_hostile import MODEL, Registry
from stoa_host import Host, call, check, staging

SCRIPT = pathlib.Path(__file__).with_suffix(".cjs")
OURS = {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li"}
PIECES = ["a", "word", "Wort", " ", " ", "  ", "1", "2.", "3)", "-", "- ", "* ", "+ ", "*", "**", "_", "__", "~~", "`", "``", "```", "~~~",
          "#", "## ", "> ", "|", "|---|", "===", "---", "***", "[", "]", "(", ")", "[a](b)", "![x](y)", "[a]: http://a.example",
          "<b>", "</td>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<![CDATA[", "<?", "&amp;", "&#60;", "&", "\\", "\\\\", "\"", "'",
          "http://a.example", "https://a.example/x?y=z", "www.a.example", "a.example", "a@b.example", "mailto:a@b.example",
          "javascript:alert(1)", "//a.example", "ftp://a", "127.0.0.1", "$x$", "{{x}}", "{%x%}", "^", ":smile:", "!", "%", "=",
          "\u00dcbung", "\u6f22", "\U0001f45f", "    ", "\t"]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.attributes += attributes
        if tag in ("p", "li", "td", "h1", "h2"):
            self.text += "\n"

    def handle_comment(self, data):
        self.elements.add("!--")

    def handle_decl(self, decl):
        self.elements.add("!")

    def handle_pi(self, data):
        self.elements.add("?")

    def handle_data(self, data):
        self.text += data


def words(text):
    return " ".join(text.split())


def line_of(random_source):
    return "".join(random_source.choice(PIECES) for _ in range(random_source.randint(1, 9)))


def main():
    module = npm_package("markdown-it@14")
    staging("release_1_0_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        registry = Registry(host)
        seen = 0
        for seed in range(6):
            source = random.Random(seed)
            lines = [line_of(source) for _ in range(400)]
            text = "\n".join(lines)
            while len(text.encode()) > 16_000:
                lines.pop()
                text = "\n".join(lines)
            description = words("".join(source.choice(PIECES) for _ in range(300)))[:3000]

            def hostile(manifest):
                manifest.update(changelog=text, description=description)
                manifest["models"][0]["inputs"][0]["description"] = description
            publish(registry, f"1.0.{seed}", hostile)
            card = call(f"{host.url}/v1/catalogue/{MODEL}/card.md?version=1.0.{seed}")[2]
            done = subprocess.run(["node", SCRIPT, os.path.join(module)], input=card, capture_output=True, timeout=60)
            check(done.returncode == 0, done.stderr.decode()[-2000:])
            page = Page(done.stdout.decode())
            check(page.elements <= OURS and not page.attributes,
                  f"seed {seed}: {page.elements - OURS} {page.attributes[:9]} come out of a publisher's text")
            check(words(page.text).count(description) == 2, f"seed {seed}: the description is not there word for word")
            shown = words(page.text.split(f"What 1.0.{seed} changes", 1)[1])
            items = [words(line)[2:] if words(line).startswith(("- ", "* ")) else words(line) for line in lines]
            check(shown == words(" ".join(items)), f"seed {seed}: the changelog says something else")
            seen += len(lines)
        print(f"{seen} lines of hostile text came out as they went in")


if __name__ == "__main__":
    sys.exit(main())

// registry_card_npm.cjs: CommonMark from stdin to HTML on stdout, read as widely as it goes: with HTML and bare links.
// SPDX-License-Identifier: Apache-2.0
const MarkdownIt = require(process.argv[2]);
const renderer = new MarkdownIt({ html: true, linkify: true });
renderer.linkify.set({ fuzzyLink: true, fuzzyEmail: true });
process.stdout.write(renderer.render(require("fs").readFileSync(0, "utf8")));

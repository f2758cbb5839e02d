// registry_semver_oracle.cjs FOLDER: npm's semver in FOLDER answers the lines that our stoa_semver_lines answers.
// SPDX-License-Identifier: Apache-2.0
const semver = require(process.argv[2]);

const lines = require("node:fs").readFileSync(0, "utf8").split("\n").slice(0, -1);
const answers = lines.map((line) => {
  const [text, ...versions] = line.split("\t");
  let range;
  try {
    range = new semver.Range(text);
  } catch (error) {
    return "!" + error.message;
  }
  const admitted = versions.map((version) => (range.test(version) ? "1" : "0")).join("");
  const highest = semver.maxSatisfying(versions, range);
  const shown = highest ? semver.parse(highest).version : "none";
  return [range.set.map((all) => all.join(" ") || "*").join("||"), admitted, shown].join("\t");
});
process.stdout.write(answers.join("\n") + "\n");

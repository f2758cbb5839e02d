// hints_test.cpp: what hints tell people to do can be done. SPDX-License-Identifier: Apache-2.0
#include "host/cli/hints.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "host/cli/test_cli.hpp"

namespace stoa::cli {
namespace {

class Hints : public Cli {
 protected:
  // Empty: there is no such command.
  const std::string& help_of(const std::string& command) {
    const auto [at, is_new] = help_.try_emplace(command);
    if (is_new)
      if (const Outcome told = run(command + " --help"); told.exit == 0) at->second = told.out;
    return at->second;
  }
  static bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; }
  // As a whole word.
  static bool has(const std::string& help, const std::string& word) {
    for (std::size_t at = help.find(word); at != std::string::npos; at = help.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at == 0 || !is_of_word(help[at - 1])) && (end == help.size() || !is_of_word(help[end]))) return true;
    }
    return false;
  }
  static std::set<std::string> options_in(const std::string& text) {
    std::set<std::string> found;
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at)) {
      std::size_t end = at;
      while (end < text.size() && is_of_word(text[end])) ++end;
      found.insert(text.substr(at, end - at));
      at = end;
    }
    return found;
  }
  // What stands between backquotes, and what does not.
  struct Parts {
    std::vector<std::string> quoted;
    std::string rest;
  };
  static Parts parts_of(const std::string& text) {
    Parts parts;
    std::istringstream in(text);
    std::string piece;
    for (bool is_quoted = false; std::getline(in, piece, '`'); is_quoted = !is_quoted) {
      if (is_quoted)
        parts.quoted.push_back(piece);
      else
        parts.rest += piece + ' ';
    }
    return parts;
  }
  std::set<std::string> commands() {
    std::set<std::string> found;
    std::istringstream lines(run("--help").out);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("  ") && line.size() > 2 && std::islower(static_cast<unsigned char>(line[2])) != 0)
        found.insert(line.substr(2, line.find(' ', 2) - 2));
    return found;
  }
  static std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
  }

 private:
  std::map<std::string, std::string> help_;
};

TEST_F(Hints, NameCommandsAndOptionsThatThereAre) {
  const std::set<std::string> all = commands();
  ASSERT_GT(all.size(), 30u);
  for (const Hint& hint : hints()) {
    const std::string text(hint.text);
    const Parts parts = parts_of(text);
    for (const std::string& called : parts.quoted) {
      const std::vector<std::string> words = words_of(called);
      ASSERT_FALSE(words.empty()) << text;
      if (words[0] != "stoa" || words.size() < 2 || words[1] == "COMMAND") continue;
      EXPECT_TRUE(all.contains(words[1])) << text;
      if (words.size() > 2 && std::islower(static_cast<unsigned char>(words[2][0])) != 0)
        EXPECT_TRUE(has(help_of(words[1]), words[2])) << "no action: " << text;
      for (const std::string& option : options_in(called))
        EXPECT_TRUE(option == "--help" || has(help_of(words[1]), option)) << option << " in: " << text;
    }
    const std::vector<std::string> mine = words_of(std::string(hint.commands));
    for (const std::string& command : mine) EXPECT_TRUE(all.contains(command)) << command << " in: " << text;
    for (const std::string& option : options_in(parts.rest)) {
      const auto knows = [&](const std::string& command) { return has(help_of(command), option); };
      EXPECT_TRUE(mine.empty() ? std::ranges::any_of(all, knows) : std::ranges::all_of(mine, knows))
          << option << " in: " << text;
    }
  }
}

TEST_F(Hints, AreOfTheCommandThatMetTheError) {
  struct Row {
    const char *command, *reason, *told;
  };
  const Row rows[] = {
      {"keys", "key.revoked", "stoa keys create"},
      {"keys", "key.terms", "stoa keys"},
      {"keys", "key.not_found", "stoa keys list"},
      {"keys", "key.exists", "stoa keys rotate"},
      {"publishers", "key.exists", "stoa keygen"},
      {"pack", "key.exposed", "chmod 600"},
      {"sign", "key.syntax", "stoa keygen"},
      {"licences", "signature.unknown_key", "--issuer"},
      {"inspect", "signature.unknown_key", "--trust"},
      {"licences", "signature.invalid", "it was changed"},
      {"licences", "licence_file.missing_key", "--model"},
  };
  for (const Row& row : rows)
    EXPECT_NE(hint_for(row.reason, row.command).find(row.told), std::string_view::npos)
        << row.command << ' ' << row.reason << ": " << hint_for(row.reason, row.command);
  for (const Hint& hint : hints())
    if (hint.reason.starts_with("key.") && hint.text.find("keygen") != std::string_view::npos)
      EXPECT_TRUE(hint.commands == "publishers" || hint.reason == "key.syntax" || hint.reason == "key.pem" ||
                  hint.reason == "key.not_ed25519" || hint.reason == "key.not_canonical")
          << "an API key is none that signs: " << hint.reason;
}

TEST_F(Hints, AreToldOnTheCommandLine) {
  make_signed();
  std::ofstream(at("home") / "terms.json") << "{}";
  const Outcome terms = run("licences sign terms.json --key acme.key.pem");
  EXPECT_EQ(terms.exit, 1);
  EXPECT_NE(terms.err.find("--model"), std::string::npos) << terms.err;
  const Outcome offline = run("inspect x.stoa --trust other=acme.pub.pem");
  EXPECT_NE(offline.err.find("hint: "), std::string::npos) << offline.err;
}

}  // namespace
}  // namespace stoa::cli

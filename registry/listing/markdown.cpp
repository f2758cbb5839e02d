// markdown.cpp: what CommonMark 0.31 and GitHub's tables and links would read as anything but text.
// SPDX-License-Identifier: Apache-2.0
#include "registry/listing/markdown.hpp"

#include <algorithm>
#include <cstdint>

namespace stoa::registry {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;  // 1 and no code: no UTF-8 begins here
  bool is_good = false;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(i < text.size() ? text[i] : 0); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return {};
  std::uint32_t code = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(at + i) & 0x3fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_good = code >= kLeast[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return is_good ? Character{code, size, true} : Character{};
}

// Controls; what has no width, so that two texts look the same; what turns the direction of a line around.
bool is_unseen(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
         (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Spaces and line breaks become one space each; none at either end, where four would begin code and two a break.
std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      if (!line.empty() && line.back() != ' ') line += ' ';
      ++i;
      continue;
    }
    const Character character = character_at(text, i);
    if (character.is_good && !is_unseen(character.code))
      line += text.substr(i, character.size);
    else
      line += kReplacement;
    i += character.size;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// Signs that mean something anywhere; the others only where they stand.
bool is_sign(char c) { return std::string_view("\\`*_[]|~#!^$@{}").find(c) != std::string_view::npos; }

std::string escaped(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i], before = i > 0 ? line[i - 1] : ' ', after = i + 1 < line.size() ? line[i + 1] : ' ';
    // As entities: a reader that takes the text for HTML does not find any in it either.
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '>') {
      out += "&gt;";
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    const bool is_first = i == 0;
    const bool is_list = is_first && (c == '-' || c == '+' || c == '=');
    const std::size_t digits = line.find_first_not_of("0123456789");
    const bool is_number = i > 0 && i == digits && (c == '.' || c == ')') && is_space(after);
    // "www.example.org" and "mailto:a" are links to GitHub's readers without any sign around them.
    const bool is_dot = c == '.' && is_letter(before) && (is_letter(after) || is_digit(after));
    const bool is_colon = c == ':' && !is_space(before) && !is_space(after);
    if (is_sign(c) || is_list || is_number || is_dot || is_colon) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string markdown_text(std::string_view text) { return escaped(one_line(text)); }

std::string markdown_lines(std::string_view text) {
  std::string out;
  bool is_item = false;
  while (!text.empty()) {
    const std::string_view raw = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), raw.size() + 1));
    std::string line = one_line(raw);
    const bool was_item = is_item;
    is_item = line.starts_with("- ") || line.starts_with("* ");
    if (is_item) line.erase(0, 2);
    // A list ends, or a paragraph does, at an empty line: else the next line would belong to it.
    if (is_item != was_item && !out.empty() && !out.ends_with("\n\n")) out += '\n';
    if (line.empty()) {
      if (!out.empty() && !out.ends_with("\n\n")) out += '\n';
      continue;
    }
    out += (is_item ? "- " : "") + escaped(line) + '\n';
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string markdown_code(std::string_view text) {
  const std::string line = one_line(text);
  if (line.empty()) return "-";
  std::size_t longest = 0, run = 0;
  std::string inside;
  for (const char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    // A table's cell ends at a bar even inside of code; GitHub's escape for it is the same there as outside.
    inside += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  const std::string fence(longest + 1, '`');
  const std::string_view gap = line.starts_with('`') || line.ends_with('`') ? " " : "";
  return fence + std::string(gap) + inside + std::string(gap) + fence;
}

}  // namespace stoa::registry

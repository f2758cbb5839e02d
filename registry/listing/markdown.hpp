// markdown.hpp: text of strangers inside CommonMark: it stays text, whatever it says.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace stoa::registry {

// One line of running text: no construct of CommonMark or of GitHub's, no HTML, no link; line breaks and tabs become
// spaces, controls and characters that hide or turn text around become U+FFFD, bytes that are no UTF-8, too.
std::string markdown_text(std::string_view text);

// The same line by line, for changelogs: each line a line of a paragraph, empty ones between paragraphs, a line that
// begins with "- " or "* " an item of a list. Ends with a line feed, unless it is empty.
std::string markdown_lines(std::string_view text);

// A code span, for what programs read: names, types, digests. In a table's cell, too.
std::string markdown_code(std::string_view text);

}  // namespace stoa::registry

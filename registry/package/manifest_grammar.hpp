// manifest_grammar.hpp: the small grammars of a manifest's names, paths and words.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace stoa::registry {

bool is_account_name(std::string_view text);  // publisher, plugin: a-z 0-9 and inner hyphens, 64 at most
bool is_model_name(std::string_view text);    // also inner dots and underscores; no word of the HTTP routes
bool is_port_name(std::string_view text);     // letters, digits, _ . : -, 128 at most, no separator first
bool is_dotted_word(std::string_view text);   // task, meter: "image-classification", "token.out"
bool is_media_type(std::string_view text);    // "image/png", "audio/pcm;rate=16000"
bool is_libc_version(std::string_view text);  // "2.36"
bool is_currency(std::string_view text);      // ISO 4217 by its form: "EUR"
bool is_plain_text(std::string_view text);    // no control character but line feed and tab
bool is_homepage(std::string_view text);      // absolute http or https URL, printable ASCII
// Relative, clean, portable: segments of letters, digits and _ . + - that start with a letter, digit or _, so that
// "..", "." and hidden names cannot be written. 100 bytes at most: what the name field of a ustar header holds.
bool is_package_path(std::string_view text);

}  // namespace stoa::registry

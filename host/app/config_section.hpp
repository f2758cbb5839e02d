// config_section.hpp: one table of the configuration on its way to a struct. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "stoa/error.hpp"

namespace stoa::app {

// Walks one table: every key that is read is ticked off, what is left over is unknown.
class Section {
 public:
  Section(const toml::table& table, std::string prefix, std::filesystem::path base, std::optional<Error>& error)
      : table_(table), prefix_(std::move(prefix)), base_(std::move(base)), error_(error) {}

  template <class Int>
  void number(const char* key, Int& out, Int min, Int max = std::numeric_limits<Int>::max()) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<std::int64_t>();
    if (!value) return fail(key, "type", "is not a whole number");
    if (*value < 0 || static_cast<std::uint64_t>(*value) < min || static_cast<std::uint64_t>(*value) > max)
      return fail(key, "range", fmt::format("is {}, allowed are {} to {}", *value, min, max));
    out = static_cast<Int>(*value);
  }

  template <class Int>
  void optional_number(const char* key, std::optional<Int>& out, Int min, Int max) {
    if (!table_.contains(key)) return;
    Int value = min;
    number(key, value, min, max);
    out = value;
  }

  void text(const char* key, std::string& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<std::string>();
    if (!value) return fail(key, "type", "is not a string");
    out = *value;
  }

  void path(const char* key, std::filesystem::path& out) {
    std::string value;
    text(key, value);
    if (!value.empty()) out = base_ / value;
  }

  void flag(const char* key, bool& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<bool>();
    if (!value) return fail(key, "type", "is neither true nor false");
    out = *value;
  }

  void texts(const char* key, std::vector<std::string>& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const toml::array* array = node->as_array();
    if (!array) return fail(key, "type", "is not a list of strings");
    for (const auto& item : *array) {
      const auto value = item.value_exact<std::string>();
      if (!value) return fail(key, "type", "is not a list of strings");
      out.push_back(*value);
    }
  }

  template <class Read>
  void section(const char* key, Read read) {
    const toml::node* node = take(key);
    if (!node) return;
    const toml::table* inner = node->as_table();
    if (!inner) return fail(key, "type", "is not a table");
    Section child(*inner, prefix_ + shown(key) + ".", base_, error_);
    read(child);
    child.finish();
  }

  // Every key is a name of the operator's own choosing, its value a table.
  template <class Read>
  void sections_by_name(Read read) {
    for (const auto& [key_node, node] : table_) {
      const std::string name(key_node.str());
      section(name.c_str(), [&](Section& inner) { read(name, inner); });
    }
  }

  // Every key is a name of the operator's own choosing; its value one path or a list of them.
  void paths_by_name(const char* key, std::multimap<std::string, std::filesystem::path>& out) {
    std::multimap<std::string, std::string> files;
    texts_by_name(key, files);
    for (const auto& [name, file] : files) out.emplace(name, base_ / file);
  }

  // The same; its value a number.
  template <class Int, class Order>
  void numbers_by_name(const char* key, std::map<std::string, Int, Order>& out, Int min,
                       Int max = std::numeric_limits<Int>::max()) {
    section(key, [&](Section& inner) {
      for (const auto& [key_node, node] : inner.table_) {
        const std::string name(key_node.str());
        inner.number(name.c_str(), out[name], min, max);
      }
    });
  }

  // A table of names, each with a text or a list of texts.
  void texts_by_name(const char* key, std::multimap<std::string, std::string>& out) {
    section(key, [&](Section& inner) {
      for (const auto& [key_node, node] : inner.table_) {
        const std::string name(key_node.str());
        std::vector<std::string> texts;
        if (node.is_array())
          inner.texts(name.c_str(), texts);
        else
          inner.text(name.c_str(), texts.emplace_back());
        for (std::string& text : texts)
          if (!text.empty()) out.emplace(name, std::move(text));
      }
    });
  }

  void finish() {
    for (const auto& [key, node] : table_)
      if (!seen_.contains(std::string(key.str())))
        fail(std::string(key.str()).c_str(), "unknown_key", "is not a key of the configuration");
  }

  void fail(const char* key, const char* rule, std::string what) {
    if (!error_)
      error_ = Error{Code::invalid_argument, std::string("config.") + rule,
                     prefix_ + shown(key) + ": " + std::move(what), 0};
  }

  // The value as it stands, or null; ticked off.
  const toml::node* take(const char* key) {
    seen_.insert(key);
    return table_.get(key);
  }

 private:
  // As TOML would write it.
  static std::string shown(std::string_view key) {
    const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    return is_bare ? std::string(key) : fmt::format("\"{}\"", key);
  }

  const toml::table& table_;
  std::string prefix_;
  std::filesystem::path base_;
  std::optional<Error>& error_;
  std::set<std::string> seen_;
};

}  // namespace stoa::app

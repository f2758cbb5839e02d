// reserved_names.cpp: the two lists. SPDX-License-Identifier: Apache-2.0
#include "registry/names/reserved_names.hpp"

namespace stoa::registry {

std::span<const std::string_view> platform_words() {
  static constexpr std::string_view kWords[] = {
      "account",  "admin",    "administrator", "anonymous", "api",       "billing", "catalogue", "docs",
      "help",     "internal", "ledger",        "licence",   "localhost", "mail",    "me",        "null",
      "official", "operator", "payments",      "publisher", "registry",  "root",    "security",  "staff",
      "status",   "support",  "system",        "test",      "undefined", "www"};
  return kWords;
}

std::span<const std::string_view> well_known_names() {
  static constexpr std::string_view kNames[] = {
      "stoa",        "alibaba", "amazon",    "anthropic", "apple",      "baidu",    "bytedance", "cohere",
      "databricks",  "debian",  "deepmind",  "deepseek",  "docker",     "facebook", "github",    "google",
      "huggingface", "intel",   "meta",      "microsoft", "mistral",    "nvidia",   "onnx",      "openai",
      "pytorch",     "qwen",    "stability", "tencent",   "tensorflow", "xai"};
  return kNames;
}

}  // namespace stoa::registry

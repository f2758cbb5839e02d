// key_option.cpp: reading keys that a command line names.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/key_option.hpp"

namespace stoa::cli {

void add_trust_option(CommandLine& line, std::vector<std::string>& rows) {
  line.texts("--trust", rows, "a public key (PEM) and the publisher it speaks for, or * for all; may be repeated",
             {.type_name = "PUBLISHER=FILE", .refusal = [](const std::string& row) {
                const auto equals = row.find('=');
                const bool is_pair = equals != std::string::npos && equals > 0 && equals + 1 < row.size();
                return is_pair ? std::string() : "'" + row + "' is not PUBLISHER=FILE";
              }});
}

Result<registry::TrustStore> load_trust(const std::vector<std::string>& rows) {
  registry::TrustStore trust;
  for (const auto& row : rows) {
    const auto equals = row.find('=');
    if (auto ok = trust.add_file(row.substr(0, equals), row.substr(equals + 1)); !ok)
      return std::unexpected(ok.error());
  }
  return trust;
}

}  // namespace stoa::cli

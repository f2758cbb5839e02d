// key_option.hpp: the options --key FILE and --trust PUBLISHER=FILE, as every command takes them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "registry/package/trust_store.hpp"
#include "registry/signature/key_file.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Lifetime: rows outlives the parsing of the command line.
void add_trust_option(CommandLine& line, std::vector<std::string>& rows);
Result<registry::TrustStore> load_trust(const std::vector<std::string>& rows);

}  // namespace stoa::cli

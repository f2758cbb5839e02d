// account_option.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/account_option.hpp"

#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kKeyFileMax = 4096;

}  // namespace

void add_account_options(CommandLine& line, AccountOptions& options) {
  line.text("--host", options.host, "as a customer: the customer plane of the host",
            {.type_name = "URL", .environment = "STOA_HOST"});
  line.text("--key-file", options.key_file, "as a customer: file with its API key (or the variable STOA_API_KEY)",
            {.type_name = "FILE"});
  // A command line is read by everybody on the machine: the key itself is taken from the environment alone.
  line.text("--api-key-of-environment", options.key, "", {.is_hidden = true, .environment = "STOA_API_KEY"});
}

bool is_customer(const AccountOptions& options) { return !options.key_file.empty() || !options.key.empty(); }

Result<HttpClient> connect_as_customer(const AccountOptions& options, const RegistryOptions& registry) {
  const auto usage = [](const char* message) { return failure(Code::invalid_argument, "usage", message); };
  if (!is_customer(options)) return usage("--key-file: is missing, want the file with your API key");
  if (options.host.empty()) return usage("--host: is missing, want the URL of the host's customer plane");
  client::ClientOptions how{.url = options.host,
                            .token = options.key,
                            .ca_file = registry.ca_file,
                            .allow_plain_http = registry.allow_plain_http};
  if (!options.key_file.empty()) {
    auto key = registry::read_small_file(options.key_file, kKeyFileMax);
    if (!key) return std::unexpected(key.error());
    while (key->ends_with('\n') || key->ends_with('\r')) key->pop_back();
    how.token = std::move(*key);
  }
  return HttpClient::open(std::move(how));
}

}  // namespace stoa::cli

// licences_options.hpp: what `stoa licences` was told. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/cli/account_option.hpp"
#include "host/cli/audit_lines.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "licensing/document/trusted_issuers.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

struct LicencesOptions : RegistryOptions {
  std::vector<std::string> words;                // as given: the action, and what it is about
  std::vector<std::string> arguments;            // of them, what follows the action's name
  std::vector<std::string> issuers;              // NAME=FILE
  std::string key, out;                          // to sign with; where to
  std::string at, node, revocations;             // of verify
  std::string folder;                            // of import
  std::vector<std::string> content_keys, hosts;  // of sign and wrap: files
  // On a host.
  AccountOptions account;
  std::string terms, offer, customer, expires, not_before, rate;  // of issue
  std::vector<std::string> models, quotas;
  int seats = 0, ttl_s = 60;
  bool is_trial = false, with_what_is_over = false;
  std::string publisher, because, licence, holder;
  AuditOptions lines;  // of audit list
};

// One action: name and arguments are words, as in "revocations sign" and "LIST".
struct LicencesAction {
  const char* name;
  const char* arguments;
  Exit (*run)(const LicencesOptions& options);
};

// Those that need no network.
std::span<const LicencesAction> licence_file_actions();
// Those on a host, and the options that they have besides. licences_book.cpp
std::span<const LicencesAction> licence_book_actions();
void add_book_options(CommandLine& line, LicencesOptions& options);

Result<licensing::TrustedIssuers> issuers_of(const LicencesOptions& options);
// --at, or now: milliseconds of Unix time.
Result<std::int64_t> moment_of(const LicencesOptions& options);

}  // namespace stoa::cli

// audit_lines.hpp: lines of an audit log, page by page, as text and whole; what every log's commands share.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/cli/registry_option.hpp"

namespace stoa::cli {

struct AuditOptions {
  std::string subject, before;
  int most = 50;
};

// whose: the action that has them; also: others that have --most. Lifetime: options outlive the parsing of the command
// line.
void add_audit_options(CommandLine& line, AuditOptions& options, const std::string& whose,
                       const std::string& also = "");
// A page of the log, the newest line first.
Result<Json> ask_audit_lines(HttpClient& host, const std::string& path, const AuditOptions& options);
std::string audit_lines_text(const Json& answer);
// Of an answer with how many lines a log has, and the last one's hash.
std::string audit_head_text(const Json& answer);

}  // namespace stoa::cli

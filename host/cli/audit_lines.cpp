// audit_lines.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/audit_lines.hpp"

#include "host/cli/registry_text.hpp"

namespace stoa::cli {

void add_audit_options(CommandLine& line, AuditOptions& options, const std::string& whose, const std::string& also) {
  line.text("--subject", options.subject, (whose + ": about this alone").c_str(), {.type_name = "TEXT"});
  line.text("--before", options.before, (whose + ": lines before this one").c_str(), {.type_name = "LINE"});
  line.number("--most", options.most, 1, 1000, (also + whose + ": so many (default 50)").c_str());
}

Result<Json> ask_audit_lines(HttpClient& host, const std::string& path, const AuditOptions& options) {
  return host.ask({.path = path + query_of({{"limit", std::to_string(options.most)},
                                            {"subject", options.subject},
                                            {"before", options.before}})});
}

std::string audit_lines_text(const Json& answer) {
  std::string text = table_text(answer["items"], {"line", "at_ms", "actor", "action", "subject", "detail"});
  return text + earlier_text(answer);
}

std::string audit_head_text(const Json& answer) {
  return "whole: " + member_text(answer, "lines") + " lines, the last one's hash is " + member_text(answer, "sha256") +
         "\n";
}

}  // namespace stoa::cli

// command_check.cpp: `stoa check`: does a plugin keep the rules of the ABI, and do its golden cases come out?
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/check_report.hpp"
#include "host/cli/check_run.hpp"
#include "host/cli/check_subject.hpp"
#include "host/cli/command.hpp"
#include "registry/package/extraction.hpp"
#include "registry/package/package_reader.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

constexpr int kChildReportFd = 3;  // where run_case() put the pipe

struct CheckOptions {
  std::string target, junit, run_case;
  std::vector<std::string> cases, content_keys;
  bool json = false, list = false;
  int timeout_s = 60;
};

// A package's files for as long as the cases run.
class Extraction {
 public:
  Extraction() = default;
  ~Extraction() {
    std::error_code error;
    if (!root_.empty()) fs::remove_all(root_, error);
  }
  Extraction(const Extraction&) = delete;
  Extraction& operator=(const Extraction&) = delete;

  // The folder to check: the target itself where it is one. An author's own package needs no signature.
  Result<fs::path> open(const fs::path& target) {
    std::error_code error;
    if (fs::is_directory(target, error)) return target;
    const auto package = registry::inspect_package(target, {});
    if (!package) return std::unexpected(package.error());
    std::string name = (fs::temp_directory_path(error) / "stoa-check-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return failure(Code::unavailable, "file.io", "cannot make a folder " + name);
    root_ = name;
    const auto extracted = registry::extract_package(*package, root_, registry::ExtractPolicy::any);
    if (!extracted) return std::unexpected(extracted.error());
    std::ofstream(extracted->folder / "manifest.json", std::ios::binary) << package->manifest_json();
    return extracted->folder;
  }

 private:
  fs::path root_;
};

// The cases named, in the kit's order; an Error for a name it does not have.
Result<std::vector<check::Case>> chosen_cases(const std::vector<std::string>& names) {
  auto all = check::all_cases();
  if (names.empty()) return all;
  for (const std::string& name : names)
    if (std::ranges::none_of(all, [&](const check::Case& one) { return name == one.name; }))
      return failure(Code::not_found, "check.case", "there is no case '" + name + "'");
  std::erase_if(all, [&](const check::Case& one) { return std::ranges::find(names, one.name) == names.end(); });
  return all;
}

Exit list_cases(bool as_json) {
  if (as_json) {
    auto cases = nlohmann::ordered_json::array();
    for (const check::Case& one : check::all_cases()) cases.push_back({{"name", one.name}, {"rule", one.rule}});
    fmt::print("{}\n", cases.dump(2));
    return Exit::ok;
  }
  for (const check::Case& one : check::all_cases()) fmt::print("{:<33} {}\n", one.name, one.rule);
  return Exit::ok;
}

// In the process of one case.
Exit run_one(const CheckOptions& options) {
  const auto target = read_check_target(options.target);
  if (!target) return static_cast<Exit>(refuse_here(target.error().message, kChildReportFd));
  const auto subject = load_subject(*target, options.content_keys);
  if (!subject) return static_cast<Exit>(refuse_here(subject.error().message, kChildReportFd));
  const int status = run_here(options.run_case, subject->subject, kChildReportFd);
  // No static destructors: the plugin's have no part in the case, and a thread it left behind would race with them.
  std::fflush(nullptr);
  _exit(status);
}

Exit run(const CheckOptions& options) {
  if (options.list) return list_cases(options.json);
  if (!options.run_case.empty()) return run_one(options);
  const auto cases = chosen_cases(options.cases);
  if (!cases) return report(cases.error(), "stoa check --list shows them all");
  Extraction extraction;
  const auto folder = extraction.open(options.target);
  if (!folder) return report(folder.error());
  const auto target = read_check_target(*folder);
  if (!target) return report(target.error());

  std::vector<CaseResult> results;
  for (const check::Case& one : *cases) {
    results.push_back(run_case(one, {target->folder, options.content_keys}, std::chrono::seconds(options.timeout_s)));
    if (options.json) continue;
    fmt::print("{}", case_text(results.back()));
    std::fflush(stdout);
  }
  const std::string subject = target->manifest.id() + " " + target->manifest.version;
  fmt::print("{}", options.json ? check_json(subject, results) : summary_text(results));
  if (!options.junit.empty()) {
    std::ofstream out(options.junit, std::ios::binary);
    out << check_junit(subject, results);
    out.close();
    if (!out) return report({Code::unavailable, "file.io", "cannot write " + options.junit, 0});
  }
  const bool has_failures = std::ranges::any_of(results, is_failure, &CaseResult::ending);
  return has_failures ? Exit::refused : Exit::ok;
}

}  // namespace

Action declare_check(CommandLine line) {
  const auto options = std::make_shared<CheckOptions>();
  line.text("TARGET", options->target, "folder of a built plugin (<target>.plugin), or a package");
  line.texts("--case", options->cases, "run this case only (may be repeated)", {.type_name = "NAME", .one_each = true});
  line.texts("--content-key", options->content_keys,
             "the file of a key that assets are encrypted with; may be repeated",
             {.type_name = "FILE", .one_each = true});
  line.flag("--list", options->list, "show the cases");
  line.flag("--json", options->json, "report as JSON");
  line.text("--junit", options->junit, "write a JUnit report too", {.type_name = "FILE"});
  line.number("--timeout", options->timeout_s, 1, 3600, "seconds for one case (default: 60)");
  line.text("--run-case", options->run_case, "", {.is_hidden = true});  // one case, in this process: what check starts
  line.footer(
      "examples:\n"
      "  stoa check build/vision.plugin\n"
      "  stoa check acme-vision-1.2.0.stoa --junit report.xml\n"
      "  stoa check acme-vision-1.2.0.stoa --content-key vision.content.key\n"
      "  stoa check build/vision.plugin --case request.golden --case request.slow_consumer\n\n"
      "this runs the plugin's code, each case in a process of its own. exit 0: every case passed or does not apply; "
      "1:\n"
      "one failed, crashed or ran out of time.");
  return [options] {
    if (options->list || !options->target.empty()) return run(*options);
    report({Code::invalid_argument, "usage", "TARGET is required", 0}, "stoa check --help");
    return Exit::usage;
  };
}

}  // namespace stoa::cli

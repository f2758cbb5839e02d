// load_plugin.cpp: opens the library in bounded time, then its models one by one. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/load_plugin.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "host/runtime/bounded_run.hpp"
#include "host/runtime/in_process_instance.hpp"

namespace stoa::runtime {
namespace {

// The library's constructors and init are foreign code, too.
Result<std::shared_ptr<PluginLibrary>> open_bounded(const PluginSource& source, const HostServices& services) {
  struct Opening {
    PluginSource source;
    HostServices services;
    std::optional<Result<std::shared_ptr<PluginLibrary>>> opened;
  };
  std::uint64_t patience_ns = 0;
  for (const auto& model : source.models) patience_ns = std::max(patience_ns, model.limits.load_ns);
  const auto opening = std::make_shared<Opening>(Opening{source, services, std::nullopt});
  const bool is_done =
      run_bounded([opening] { opening->opened = PluginLibrary::open(opening->source, opening->services); },
                  thread::monotonic_ns() + patience_ns);
  if (is_done) return std::move(*opening->opened);
  return failure(Code::deadline_exceeded, "plugin.load_timeout",
                 "the plugin did not initialise within " + std::to_string(patience_ns / 1'000'000) + " ms");
}

}  // namespace

Result<std::vector<std::unique_ptr<Instance>>> load_plugin(const PluginSource& source, const HostServices& services) {
  if (services.log == nullptr || !services.sha256)
    return failure(Code::internal, "host.services", "the host lends no log or no sha256");
  if (source.models.empty())
    return failure(Code::failed_precondition, "plugin.no_models", "the package names no model");
  auto library = open_bounded(source, services);
  if (!library) return std::unexpected(library.error());
  std::vector<std::unique_ptr<Instance>> instances;
  for (const auto& model : source.models) {
    std::vector<GoldenCase> golden;
    std::ranges::copy_if(source.golden, std::back_inserter(golden),
                         [&](const GoldenCase& g) { return g.model == model.local_name; });
    auto instance = InProcessInstance::load(*library, model, std::move(golden));
    if (!instance) return std::unexpected(instance.error());
    instances.push_back(std::move(*instance));
  }
  return instances;
}

}  // namespace stoa::runtime

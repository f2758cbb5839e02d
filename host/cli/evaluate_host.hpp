// evaluate_host.hpp: where a model is asked: a host of this process's own that serves one package, or a running one.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/app/host.hpp"
#include "host/cli/evaluate_options.hpp"
#include "host/client/inference_client.hpp"
#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Serves the package of options.package on a free port of this machine, with workers and limits as `stoa serve` would,
// until it goes. Its files lie in a folder that goes with it.
class PackageHost {
 public:
  // Errors: those of the package; "evaluate.load" with what the host's log says of one that does not load.
  static Result<std::unique_ptr<PackageHost>> start(const EvaluateOptions& options, const std::string& package);
  ~PackageHost();
  PackageHost(const PackageHost&) = delete;
  PackageHost& operator=(const PackageHost&) = delete;
  std::string url() const;

 private:
  PackageHost() = default;
  std::string folder_;
  std::unique_ptr<app::Log> log_;
  std::unique_ptr<app::Host> host_;
};

struct ModelOutput {
  std::string name, datatype;
};

// A model that answers, and the release that it is of.
struct EvaluatedModel {
  std::string plugin, version, model;
  registry::Sha256 package_sha256{};
  std::string url, ca_file, isolation;
  std::vector<ModelOutput> outputs;

  std::string path() const;  // "/v2/models/acme/classify/versions/1.2.0"
};

// Which release a package file is: without its url, isolation and outputs. model: one of its models, "acme/classify" or
// "classify"; empty where it has one alone. Errors: evaluate.model; those of the package.
Result<EvaluatedModel> release_of(const std::string& package, const std::string& model);
// The same from the registry: model is "acme/classify@1.2.0".
Result<EvaluatedModel> release_of(HttpClient& registry, const std::string& model, const std::string& version);
// How long a host may take to load what it would serve to who asks for it.
struct MeetingPlan {
  std::chrono::seconds wait{120};
  std::function<void(const Error& said)> on_waiting;  // about every second; said: the host's word for it
  const std::atomic<bool>& is_stopped;
};
// Asks the host for the rest. A release that it does not hold is asked for once, so that it is loaded; then it is
// waited for. Errors: the host's own where it refuses it; evaluate.model where it does not serve it all the same;
// evaluate.loading (not within the time); evaluate.interrupted.
Result<void> meet(EvaluatedModel& model, const MeetingPlan& plan);

}  // namespace stoa::cli

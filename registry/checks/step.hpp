// step.hpp: the single checks of the chain, and what each of them gives back. Only check.cpp and tests include it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>

#include "registry/checks/check.hpp"

namespace stoa::registry {

struct Finding {
  CheckVerdict verdict = CheckVerdict::passed;
  std::string reason, message;
};

inline Finding passed(std::string message) { return {CheckVerdict::passed, {}, std::move(message)}; }
inline Finding failed(std::string reason, std::string message) {
  return {CheckVerdict::failed, std::move(reason), std::move(message)};
}
inline Finding warned(std::string reason, std::string message) {
  return {CheckVerdict::warned, std::move(reason), std::move(message)};
}
inline Finding skipped(std::string reason, std::string message) {
  return {CheckVerdict::skipped, std::move(reason), std::move(message)};
}

// The package is the submission's, which was read without an error.
Finding check_signature(const Submission& submission, const Package& package);
Finding check_namespace(const Submission& submission, const Package& package);
Finding check_version(const Submission& submission, const Package& package);
Finding check_replay(const Submission& submission, const Package& package);
Finding check_abi(const Submission& submission, const Package& package);
Finding check_size(const Submission& submission, const Package& package);
Finding check_licence(const Submission& submission, const Package& package);
Finding check_exports(const HostChecks& host, const Package& package);
Finding check_secrets(const Package& package);
Finding check_golden(const Submission& submission, const HostChecks& host, const Package& package);

}  // namespace stoa::registry

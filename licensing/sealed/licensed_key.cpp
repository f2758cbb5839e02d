// licensed_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/licensed_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/versions/version_range.hpp"

namespace stoa::licensing {
namespace {

// How far a licence comes: the order in which its refusals are told.
// good: but for the key; untold: and whether that opens could not be seen.
enum class Step : std::uint8_t { nothing, other_version, no_key, other_host, not_now, good, untold };

struct Judged {
  Step step = Step::nothing;
  Error error;
  const WrappedKey* wrapped = nullptr;  // of a good one
};

Error refusal(std::string_view reason, std::string message) {
  return {Code::permission_denied, std::string(reason), std::move(message), 0};
}

const WrappedKey* find_key(const Licence& licence, const KeyWanted& wanted, std::string_view host) {
  const WrappedKey* any = nullptr;
  for (const WrappedKey& wrapped : licence.content_keys) {
    if (wrapped.content_key != wanted.key.hex) continue;
    any = &wrapped;
    if (wrapped.host == host) break;
  }
  return any;
}

Judged judge(const HeldLicence& held, const KeyWanted& wanted, const HostFacts& host, std::int64_t now_ms) {
  const Licence& licence = held.licence;
  const std::string name = fmt::format("licence {}", licence.id.text);
  const auto version = registry::parse_version_key(wanted.version);
  const auto is_covered = [&](const Coverage& coverage) { return version && covers_version(coverage, *version); };
  Step step = Step::nothing;
  for (const Coverage& coverage : licence.covers) {
    if (!covers_model(coverage, wanted.model)) continue;
    step = std::max(step, is_covered(coverage) ? Step::no_key : Step::other_version);
  }
  if (step == Step::nothing) return {};
  if (step == Step::other_version)
    return {step, refusal(row_of(Refusal::licence_version).reason,
                          name + " covers other versions of it: one for this version is needed")};
  const WrappedKey* wrapped = find_key(licence, wanted, host.node);
  if (wrapped == nullptr)
    return {step, refusal("content_key.none",
                          fmt::format("{} covers it and carries no content key {}: ask its issuer for one that "
                                      "does, for host key {}",
                                      name, wanted.key.hex, host.node))};
  if (wrapped->host != host.node)
    return {Step::other_host,
            refusal("content_key.other_host",
                    fmt::format("{} has the key for host {}, this host is {}", name, wrapped->host, host.node))};
  if (const Standing standing = standing_of(held, host, now_ms); standing.refusal != Refusal::none) {
    const RefusalRow& row = row_of(standing.refusal);
    return {Step::not_now, refusal(row.reason, fmt::format("{}: {}", name, row.message))};
  }
  return {Step::good, {}, wrapped};
}

// What one licence carries may not open, and another's may: the first that does not is told where none does.
// open: with a Result of what is wanted.
template <class Value, class Open>
Result<Value> first_that_opens(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostFacts& host,
                               std::int64_t now_ms, Open&& open) {
  Judged best;
  for (const HeldLicence& one : held) {
    Judged judged = judge(one, wanted, host, now_ms);
    if (judged.step == Step::good) {
      Result<Value> opened = open(*judged.wrapped, WrappedFor{one.licence.id, one.licence.serial});
      if (opened) return opened;
      judged.error = std::move(opened.error());
      if (judged.error.code != Code::permission_denied) judged.step = Step::untold;
    }
    if (judged.step > best.step) best = std::move(judged);
  }
  if (best.step != Step::nothing) return std::unexpected(std::move(best.error));
  return failure(Code::permission_denied, std::string(row_of(Refusal::licence_none).reason),
                 fmt::format("this host has no licence for {}: ask its publisher for one with content key {} for host "
                             "key {} (`stoa host-key show`), and bring it in with `stoa licences import`",
                             wanted.model, wanted.key.hex, host.node));
}

}  // namespace

Result<ContentKey> licensed_key(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostKey& host,
                                const HostFacts& facts, std::int64_t now_ms) {
  return first_that_opens<ContentKey>(
      held, wanted, facts, now_ms,
      [&](const WrappedKey& wrapped, const WrappedFor& licence) { return unwrap(wrapped, host, licence); });
}

Result<void> may_open(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostFacts& facts,
                      std::int64_t now_ms, const KeyTrial& opens) {
  return first_that_opens<void>(held, wanted, facts, now_ms, opens);
}

}  // namespace stoa::licensing

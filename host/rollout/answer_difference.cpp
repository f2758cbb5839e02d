// answer_difference.cpp: two answers to one question, part by part. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <set>

#include "host/rollout/shadow.hpp"
#include "host/runtime/golden.hpp"

namespace stoa::rollout {
namespace {

using runtime::InputPart;
using runtime::OutputPart;
using runtime::PartKind;

bool is_whole(PartKind kind) { return kind == PartKind::tensor || kind == PartKind::strings; }

std::string compare(const InputPart& expected, std::span<const OutputPart> got, const ShadowPlan& tolerance) {
  runtime::GoldenCase question;
  question.name = "shadow";
  question.outputs.push_back({expected.name, expected, tolerance.atol, tolerance.rtol});
  const auto compared = runtime::compare_golden(question, got);
  if (compared) return {};
  constexpr std::string_view kSubject = "golden case \"shadow\", ";  // the comparison's own; here nobody wrote a case
  std::string differs = compared.error().message;
  if (differs.starts_with(kSubject)) differs.erase(0, kSubject.size());
  return differs;
}

InputPart put_together(std::span<const InputPart* const> parts) {
  const auto bytes = std::make_shared<std::vector<std::byte>>();
  for (const InputPart* part : parts) bytes->insert(bytes->end(), part->data.begin(), part->data.end());
  InputPart whole = *parts.front();
  whole.data = *bytes;
  whole.keep = bytes;
  return whole;
}

std::string compare_named(std::span<const InputPart* const> expected, std::span<const OutputPart> got,
                          const ShadowPlan& tolerance) {
  const InputPart& first = *expected.front();
  if (!is_whole(first.kind)) return compare(put_together(expected), got, tolerance);
  std::size_t at = 0;
  for (const OutputPart& part : got) {
    if (part.name() != first.name) continue;
    if (at == expected.size()) return "output \"" + first.name + "\" has more than " + std::to_string(at) + " parts";
    if (auto differs = compare(*expected[at++], std::span(&part, 1), tolerance); !differs.empty()) return differs;
  }
  if (at == expected.size()) return {};
  return "output \"" + first.name + "\": expected " + std::to_string(expected.size()) + " parts, got " +
         std::to_string(at);
}

}  // namespace

InputPart copy_of(const OutputPart& part) {
  InputPart copy;
  copy.name = part.name();
  copy.media_type = part.media_type();
  copy.kind = part.kind();
  copy.datatype = part.datatype();
  copy.shape.assign(part.shape().begin(), part.shape().end());
  const auto bytes = std::make_shared<std::vector<std::byte>>();
  bytes->reserve(part.payload_bytes());
  const auto append = [&](const void* from, std::size_t n) {
    const auto* const first = static_cast<const std::byte*>(from);
    bytes->insert(bytes->end(), first, first + n);
  };
  append(part.data().data(), part.data().size());
  for (const stoa_str& text : part.strings()) append(text.p, text.n);
  const char* at = reinterpret_cast<const char*>(bytes->data());
  for (const stoa_str& text : part.strings()) {
    copy.strings.push_back({at, text.n});
    at += text.n;
  }
  if (part.strings().empty()) copy.data = *bytes;
  copy.keep = bytes;
  return copy;
}

std::string difference(std::span<const InputPart> expected, std::span<const OutputPart> got,
                       const ShadowPlan& tolerance) {
  std::set<std::string_view> names;
  for (const InputPart& part : expected) names.insert(part.name);
  for (const OutputPart& part : got)
    if (!names.contains(part.name())) return "output \"" + std::string(part.name()) + "\" was not expected";
  for (const std::string_view name : names) {
    std::vector<const InputPart*> named;
    for (const InputPart& part : expected)
      if (part.name == name) named.push_back(&part);
    if (auto differs = compare_named(named, got, tolerance); !differs.empty()) return differs;
  }
  return {};
}

}  // namespace stoa::rollout

// metadata_fuzz.cpp: any bytes to the four parsers. What is accepted has one canonical form, which is accepted again.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string_view>

#include "registry/tuf/canonical_json.hpp"
#include "registry/tuf/metadata.hpp"

namespace {

using namespace stoa::registry;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Role>
void check(stoa::Result<Signed<Role>> (*parse)(std::string_view), std::string_view text) {
  const auto first = parse(text);
  if (!first) {
    require(!first.error().reason.empty() && !first.error().message.empty());
    for (const char c : first.error().message) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    return;
  }
  require(first->role.version >= 1);
  // Control characters of strings stand in the canonical form as they are: that is signed, but is no file.
  for (const char c : first->signed_bytes)
    if (static_cast<unsigned char>(c) < 0x20) return;
  const auto again = parse(metadata_file(first->signed_bytes, first->signatures));
  require(again && again->signed_bytes == first->signed_bytes);
  // Our own form of it leaves out what we do not know, and then stays as it is.
  const auto ours = signed_bytes_of(first->role);
  const auto ours_again = parse(metadata_file(ours, {}));
  require(ours_again && signed_bytes_of(ours_again->role) == ours);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = parse_canonical_json(text)) {
    const auto canonical = canonical_json(*json);
    if (const auto again = parse_canonical_json(canonical)) require(canonical_json(*again) == canonical);
  }
  check<RootRole>(parse_root, text);
  check<TimestampRole>(parse_timestamp, text);
  check<SnapshotRole>(parse_snapshot, text);
  check<TargetsRole>(parse_targets, text);
  return 0;
}

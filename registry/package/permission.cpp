// permission.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/package/permission.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace stoa::registry {
namespace {

std::unexpected<Error> no_permission(std::string message) {
  return failure(Code::invalid_argument, "manifest.permission", std::move(message));
}

// 1 to max, without a sign or a leading zero.
std::optional<std::uint64_t> counted(std::string_view text, std::uint64_t max) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '0' || count > max)
    return std::nullopt;
  return count;
}

std::optional<std::uint64_t> size_in_bytes(std::string_view text) {
  constexpr std::pair<std::string_view, int> kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  for (const auto& [unit, shift] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto count = counted(text.substr(0, text.size() - unit.size()), 999'999);
    return count ? std::optional(*count << shift) : std::nullopt;
  }
  return std::nullopt;
}

Result<void> add_network(std::string_view target, Permissions& to) {
  constexpr std::string_view kTcp = "tcp:";
  if (!target.starts_with(kTcp))
    return no_permission(
        "names a host, and no sandbox can hold a plugin to one: write network:tcp:<port> (TCP to that "
        "port at any address) or network (any address, any port)");
  const auto port = counted(target.substr(kTcp.size()), 65'535);
  if (!port) return no_permission("must be network:tcp:<port> with a port from 1 to 65535");
  to.tcp_ports.push_back(static_cast<std::uint16_t>(*port));
  return {};
}

}  // namespace

Result<void> add_permission(std::string_view text, Permissions& to) {
  constexpr std::string_view kNetwork = "network:", kDevice = "device:", kScratch = "scratch:";
  if (text == "jit") return to.jit = true, Result<void>{};
  if (text == "network") return to.network = true, Result<void>{};
  if (text == "device:cuda") return to.cuda = true, Result<void>{};
  if (text.starts_with(kNetwork)) return add_network(text.substr(kNetwork.size()), to);
  if (text.starts_with(kDevice)) return no_permission("must be device:cuda, the only kind of device a sandbox opens");
  if (!text.starts_with(kScratch))
    return no_permission("must be device:cuda, network, network:tcp:<port>, scratch:<n>KiB|MiB|GiB or jit");
  const auto bytes = size_in_bytes(text.substr(kScratch.size()));
  if (!bytes) return no_permission("must be scratch:<n>KiB|MiB|GiB with a whole number from 1 to 999999");
  to.scratch_bytes = std::max(to.scratch_bytes, *bytes);
  return {};
}

}  // namespace stoa::registry

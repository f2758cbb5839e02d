// platform_fit.hpp: which of a package's platforms a machine can take, and why not the others.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "registry/package/manifest.hpp"
#include "registry/resolve/machine.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Error: unimplemented "platform.os", ".arch", ".libc", ".cpu" or ".gpu"; the message says what is asked and what is
// here.
Result<void> platform_fits(const PlatformDeclaration& platform, const Machine& machine);

// The index of the one that asks for most of those that fit (docs/reference/manifest.md has the order); nullopt: none
// does.
std::optional<std::size_t> best_platform(std::span<const PlatformDeclaration> platforms, const Machine& machine);

// Why none fits, for people: each platform with what is wrong with it.
std::string misfits(std::span<const PlatformDeclaration> platforms, const Machine& machine);

// "linux-x86_64-glibc >= 2.36, cpu x86-64-v3 fma, cuda >= 8.6"
std::string platform_text(const PlatformDeclaration& platform);

}  // namespace stoa::registry

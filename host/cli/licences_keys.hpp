// licences_keys.hpp: content keys in licences: `stoa licences sign --content-key --for-host`, `stoa licences wrap`.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "host/cli/licences_options.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// The terms with each content key wrapped for each host, where the options name some; an id and a serial are settled
// then. Errors: usage; those of reading the keys.
Result<std::string> with_content_keys(std::string terms, const LicencesOptions& options, std::int64_t now_ms);

// `stoa licences wrap ID SERIAL`: the rows alone.
Exit wrap_keys(const LicencesOptions& options);

}  // namespace stoa::cli

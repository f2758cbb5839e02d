// licences_keys.hpp: content keys in licences: `stoa licences sign`, `issue`, `replace` and `wrap`.
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

// The licence of a host as it was answered; where the options name keys its next serial, in which they are wrapped:
// what they are wrapped for is known only when it was issued. Errors: those, and the host's.
Result<Json> with_content_keys(HttpClient& host, const LicencesOptions& options, Json licence);

// `stoa licences wrap ID SERIAL`: the rows alone.
Exit wrap_keys(const LicencesOptions& options);

}  // namespace stoa::cli

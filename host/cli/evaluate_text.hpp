// evaluate_text.hpp: evaluations and comparisons for people, and as JSON. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/client/http_client.hpp"
#include "registry/evaluation/comparison.hpp"

namespace stoa::cli {

std::string evaluation_text(const registry::Evaluation& evaluation);
std::string comparison_text(const registry::Evaluation& first, const registry::Evaluation& second,
                            const registry::Comparison& comparison);
client::Json comparison_json(const registry::Evaluation& first, const registry::Evaluation& second,
                             const registry::Comparison& comparison);
// Its document as JSON.
client::Json evaluation_json(const registry::Evaluation& evaluation);

}  // namespace stoa::cli

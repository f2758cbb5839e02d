// output_check.hpp: what a plugin emitted, against what its manifest promised and the caller asked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/container/small_vector.hpp>
#include <string>
#include <vector>

#include "host/runtime/model_spec.hpp"
#include "host/runtime/part.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// The part a port promised: datatype, rank and extents. internal "plugin.bad_output", naming the output.
Result<void> check_output(const runtime::OutputPart& part, const runtime::ModelSpec& spec);

using SelectedParts = boost::container::small_vector<const runtime::OutputPart*, 4>;

// The parts to answer with, in the order asked for (the manifest's when wanted is empty). Text that came in pieces is
// joined into the first; any other output that came twice is unimplemented "output.streamed". internal
// "plugin.missing_output" when one that was asked for by name did not come; a model asked for all of them may leave out
// those its inputs did not call for. Points into parts.
Result<SelectedParts> select_outputs(std::vector<runtime::OutputPart>& parts, const std::vector<std::string>& wanted,
                                     const runtime::ModelSpec& spec);

}  // namespace stoa::api

// flat_floats.hpp: FlatNumbers<float>, quicker where the processor can. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

namespace stoa::api {

bool has_quick_floats();
// As FlatNumbers<float>::read, bit by bit; begin: also 63 more bytes behind the text may be read.
// Precondition: has_quick_floats().
const char* read_flat_floats(const char* begin, std::span<float> out);

}  // namespace stoa::api

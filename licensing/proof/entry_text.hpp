// entry_text.hpp: what an entry says, for people. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

// Lines of "what it is: what it says". Nothing in it moves a cursor.
std::string entry_text(const Entry& entry);

}  // namespace stoa::licensing

// left_behind.hpp: keeps what a plugin may still touch. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

namespace stoa::runtime {

// Until the process ends: nobody knows when foreign code that cannot be stopped is done with it. Never destroyed, on
// purpose. Any thread.
void leave_behind(std::shared_ptr<const void> what);

}  // namespace stoa::runtime

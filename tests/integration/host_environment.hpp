// host_environment.hpp: the host that all tests of the program share. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/integration/http_client.hpp"
#include "tests/integration/served_host.hpp"

namespace stoa::test {

// Started before the first test, drained after the last.
ServedHost& the_host();

}  // namespace stoa::test

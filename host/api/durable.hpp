// durable.hpp: a handler that waits until what was appended to a journal is on the disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/http/exchange.hpp"
#include "licensing/journal/journal.hpp"

namespace stoa::api {

// False: the journal failed, and nobody knows what is on the disk. A client that hangs up is waited on for.
http::Task<bool> until_durable(http::Exchange& exchange, licensing::Journal& journal);

}  // namespace stoa::api

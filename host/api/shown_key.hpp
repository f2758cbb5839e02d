// shown_key.hpp: which key and which lease a request shows. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/http/exchange.hpp"
#include "licensing/admission/admission.hpp"

namespace stoa::api {

// "Authorization: Bearer sk_…" or "X-Api-Key: sk_…", one of them once; "X-Stoa-Lease: sl_…". Views into the head.
licensing::ShownCredentials shown_in(const http::RequestHead& head) noexcept;

}  // namespace stoa::api

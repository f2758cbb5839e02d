// tls_context.hpp: TLS as this server speaks it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "host/http/server.hpp"

namespace stoa::http {

// TLS 1.2 and 1.3, forward secrecy and AEAD only. Errors: invalid_argument "http.tls" naming the file.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsFiles& files);

}  // namespace stoa::http

// compression.hpp: gzip or deflate for a whole answer, when its client asks for it. Streams go as they are.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/http/exchange.hpp"
#include "host/http/inflate.hpp"

namespace stoa::http {

// Below this the saving is less than a packet.
inline constexpr std::size_t kCompressedBytesMin = 1024;

// Text and JSON with a body of kCompressedBytesMin or more. Tensors in binary are left alone: their bytes hardly
// shrink. A 304 stands for an answer whose size it does not tell: of such a type it counts as one that is.
bool is_compressible(const Response& response);

// What an ETag becomes when the bytes are others than those it was made of.
void weaken_tag(Response& response);

// What Accept-Encoding prefers of gzip and deflate; identity when it wants neither, or prefers that.
Encoding wanted_encoding(const RequestHead& head);

// Replaces body and chunks, and says so in Content-Encoding; an ETag becomes weak, since its bytes are others now. A
// body that does not shrink stays. Gives other connections of the I/O thread their turn in between. Lifetime: response
// outlives the task.
Task<void> compress(Response& response, Encoding encoding, boost::asio::io_context::executor_type executor);

}  // namespace stoa::http

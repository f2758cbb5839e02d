// session.hpp: the byte streams a model writes its sessions to and reads them from.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_SESSION_HPP
#define STOA_SESSION_HPP
#include <cstddef>
#include <string>
#include <string_view>

#include "stoa/ext/session.h"
#include "stoa/failure.hpp"

namespace stoa {

// For session_save(id, writer).
class SessionWriter {
 public:
  explicit SessionWriter(stoa_stream& stream) noexcept : stream_(&stream) {}
  void write(const void* from, std::size_t n) {
    auto* at = const_cast<char*>(static_cast<const char*>(from));  // io is one function for both directions
    while (n > 0) {
      const std::int64_t moved = stream_->io(stream_, at, n);
      if (moved <= 0)
        throw Failure(moved == 0 ? Code::resource_exhausted : static_cast<Code>(-moved), "session.write",
                      "the host took no more of the session");
      at += moved;
      n -= static_cast<std::size_t>(moved);
    }
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

 private:
  stoa_stream* stream_;
};

// For session_restore(id, reader).
class SessionReader {
 public:
  explicit SessionReader(stoa_stream& stream) noexcept : stream_(&stream) {}
  // Up to n bytes; fewer only at the end.
  std::size_t read(void* to, std::size_t n) {
    std::size_t done = 0;
    while (done < n) {
      const std::int64_t moved = stream_->io(stream_, static_cast<char*>(to) + done, n - done);
      if (moved < 0) throw Failure(static_cast<Code>(-moved), "session.read", "the host could not read the session");
      if (moved == 0) break;
      done += static_cast<std::size_t>(moved);
    }
    return done;
  }
  std::string read_all() {
    std::string all;
    char buffer[4096];
    for (std::size_t n = read(buffer, sizeof buffer); n > 0; n = read(buffer, sizeof buffer)) all.append(buffer, n);
    return all;
  }

 private:
  stoa_stream* stream_;
};

}  // namespace stoa
#endif

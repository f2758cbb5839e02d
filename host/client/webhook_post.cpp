// webhook_post.cpp SPDX-License-Identifier: Apache-2.0
#include "host/client/webhook_post.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace stoa::client {
namespace {

constexpr std::size_t kReceiptBytesMax = 64u << 10;  // read, so that the receiver sees its answer taken

struct Block {
  std::uint32_t network;
  unsigned bits;
};
// What iana.org/assignments/iana-ipv4-special-registry calls not globally reachable, multicast and 240/4.
constexpr Block kNotPublic[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
    {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic, [&](const Block& block) {
    return address >> (32 - block.bits) == block.network >> (32 - block.bits);
  });
}

std::uint32_t v4_at(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

// 2000::/3 is what is routed; what carries an IPv4 address is what that one is.
bool is_public_v6(const std::uint8_t* bytes) {
  constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};
  if (std::memcmp(bytes, kMapped, 12) == 0 || std::memcmp(bytes, kNat64, 12) == 0)
    return is_public_v4(v4_at(bytes + 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public_v4(v4_at(bytes + 2));  // 6to4
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02) return false;        // Teredo and protocols
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8) return false;  // documentation
  return bytes[0] >> 5 == 1;
}

struct Passage {
  const WebhookRules& rules;
  bool was_private = false;
  std::size_t answered = 0;
};

curl_socket_t open_socket(void* its, curlsocktype, curl_sockaddr* address) {
  auto& passage = *static_cast<Passage*>(its);
  if (!passage.rules.may_be_private && !is_public_address(address->addr)) {
    passage.was_private = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t drop(char*, std::size_t, std::size_t size, void* its) {
  auto& passage = *static_cast<Passage*>(its);
  passage.answered += size;
  return passage.answered <= kReceiptBytesMax ? size : 0;
}

int stop_post(void* its, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Passage*>(its)->rules.is_stopped() ? 1 : 0;
}

Error error_of(CURLcode code, const char* detail) {
  const std::string what = *detail ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Code::invalid_argument, "client.url", what, 0};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::deadline_exceeded, "client.silent", what, 0};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return {Code::unavailable, "client.tls", what, 0};
    default:
      return {Code::unavailable, "client.connection", what, 0};
  }
}

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void set_options(CURL* curl, const WebhookMessage& message, const WebhookRules& rules, Passage& passage,
                 curl_slist* fields, char* detail) {
  curl_easy_setopt(curl, CURLOPT_URL, message.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, rules.may_be_plain ? "http,https" : "https");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message.body.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "stoa/" STOA_VERSION);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &passage);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &drop);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &passage);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &stop_post);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &passage);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, rules.all_ms_max);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!rules.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, rules.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return is_public_v4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return is_public_v6(six.sin6_addr.s6_addr);
}

Result<long> post_webhook(const WebhookMessage& message, const WebhookRules& rules) {
  const std::unique_ptr<CURL, FreeHandle> curl(curl_easy_init());
  if (!curl) return failure(Code::internal, "client.connection", "no memory for a connection");
  std::unique_ptr<curl_slist, FreeList> fields;
  const auto add = [&](const std::string& line) {
    if (curl_slist* const longer = curl_slist_append(fields.get(), line.c_str())) {
      (void)fields.release();
      fields.reset(longer);
    }
  };
  add("Content-Type: " + message.content_type);
  add("Expect:");
  for (const auto& [name, value] : message.fields) add(name + ": " + value);
  Passage passage{.rules = rules};
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_options(curl.get(), message, rules, passage, fields.get(), detail.data());
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (passage.was_private)
    return failure(Code::permission_denied, "webhook.private",
                   "the URL leads to an address of a private network, which is not called from here");
  // More of an answer than anybody wants: its status is known.
  if (code == CURLE_WRITE_ERROR && status > 0) return status;
  if (code != CURLE_OK) return std::unexpected(error_of(code, detail.data()));
  return status;
}

}  // namespace stoa::client

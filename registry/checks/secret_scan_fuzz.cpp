// secret_scan_fuzz.cpp: any bytes, whole and in pieces: the findings are the same, in order and within the bytes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "registry/checks/secret_scan.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

stoa::registry::SecretReport scanned(std::string_view bytes, std::size_t piece) {
  stoa::registry::SecretReport report;
  stoa::registry::SecretScanner scanner("x", report);
  for (std::size_t at = 0; at < bytes.size(); at += piece) scanner.feed(bytes.substr(at, piece));
  scanner.finish();
  return report;
}

// Secrets, and beginnings of them, stand for some bytes: mutation alone would not make one.
std::string with_secrets(std::string_view data) {
  static constexpr std::string_view kStock[] = {
      "AKI"
      "AQ3EGRDL7ZM2XKWPV",
      "-----BEGIN "
      "PRIVATE KEY-----\n",
      "MC4CAQAwBQYDK2VwBCIEIHkD3o7pQmVx8sWbYtR2nUe5aJf0LgKcZi9MvNhT1qXd",
      "password",
      "kD93nsPq7ZxVb2LmRt5W",
      "gh"
      "p_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i",
      "sk-",
      " = \""};
  std::string out;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xf8)
      out += kStock[byte - 0xf8];
    else
      out += c;
  }
  return out;
}

}  // namespace

// The first byte chooses the size of pieces.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const auto bytes = with_secrets({reinterpret_cast<const char*>(data + 1), size - 1});
  const auto whole = scanned(bytes, std::max<std::size_t>(bytes.size(), 1)), pieces = scanned(bytes, 1 + data[0]);
  require(whole.count == pieces.count && whole.certain_count == pieces.certain_count);
  require(whole.findings.size() == pieces.findings.size() && whole.findings.size() <= whole.count);
  for (std::size_t i = 0; i < whole.findings.size(); ++i) {
    require(whole.findings[i].offset == pieces.findings[i].offset && whole.findings[i].kind == pieces.findings[i].kind);
    require(whole.findings[i].offset < bytes.size());
  }
  return 0;
}

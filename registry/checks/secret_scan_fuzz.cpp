// secret_scan_fuzz.cpp: any bytes, whole and in pieces: the findings are the same, in order and within the bytes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
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

}  // namespace

// The first byte chooses the size of pieces.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = scanned(bytes, std::max<std::size_t>(bytes.size(), 1)), pieces = scanned(bytes, 1 + data[0]);
  require(whole.count == pieces.count && whole.certain_count == pieces.certain_count);
  require(whole.findings.size() == pieces.findings.size() && whole.findings.size() <= whole.count);
  for (std::size_t i = 0; i < whole.findings.size(); ++i) {
    require(whole.findings[i].offset == pieces.findings[i].offset && whole.findings[i].kind == pieces.findings[i].kind);
    require(whole.findings[i].offset < bytes.size());
  }
  return 0;
}

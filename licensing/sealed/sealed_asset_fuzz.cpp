// sealed_asset_fuzz.cpp: a sealed asset with bytes exchanged, cut off or added opens to nothing but what was sealed.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>
#include <string_view>

#include "licensing/sealed/test_sealed.hpp"

namespace {

using namespace stoa::licensing;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Sealed {
  ContentKey key = ContentKey::generate();
  std::string plain = std::string(2 * test::kSmallChunk + 100, 'w');
  std::string bytes = test::sealed_bytes(plain, key);
};

}  // namespace

// Five bytes an edit: kind, place (two), what (two). Whatever is left over stands alone as a file.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Sealed sealed;
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  require(test::opened(raw, sealed.key).starts_with("!"));
  std::string edited = sealed.bytes;
  for (std::size_t at = 0; at + 5 <= size; at += 5) {
    if (edited.empty()) break;
    const std::size_t place = (data[at + 1] * 256u + data[at + 2]) % edited.size();
    const std::size_t what = data[at + 3] * 256u + data[at + 4];
    switch (data[at] % 4) {
      case 0:
        edited[place] = static_cast<char>(edited[place] ^ data[at + 3]);
        break;
      case 1:
        edited.resize(place);
        break;
      case 2:
        edited.insert(place, what % 64, static_cast<char>(data[at + 4]));
        break;
      default:
        edited.replace(place, std::min<std::size_t>(what, edited.size() - place),
                       edited.substr(what % edited.size(), what));
        break;
    }
  }
  const std::string got = test::opened(edited, sealed.key);
  require(edited == sealed.bytes ? got == sealed.plain : got.starts_with("!sealed."));
  return 0;
}

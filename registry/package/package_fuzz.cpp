// package_fuzz.cpp: any bytes as a package. Whatever is accepted must be, byte for byte, what a writer makes of it.
// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "registry/package/container.hpp"
#include "registry/package/package_reader.hpp"

namespace {

using namespace stoa::registry;

constexpr std::size_t kBlock = 512;

// Makes the checksum of every block that looks like a header right, so that mutations get past it.
void fix_checksums(std::string& bytes) {
  for (std::size_t at = 0; at + kBlock <= bytes.size(); at += kBlock) {
    if (bytes.compare(at + 257, 5, "ustar") != 0) continue;
    std::memset(&bytes[at + 148], ' ', 8);
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(bytes[at + i]);
    std::snprintf(&bytes[at + 148], 8, "%06o", sum);
    bytes[at + 155] = ' ';
  }
}

void check_rewrites_the_same(const Package& package, const std::string& bytes) {
  const File out(::memfd_create("rewritten", MFD_CLOEXEC));
  auto writer = ContainerWriter::create(out).value();
  const auto copy = [&](std::string_view path, std::uint64_t offset, std::uint64_t size) {
    if (!writer.add(path, package.file(), offset, size)) std::abort();
  };
  copy(kManifestPath, kBlock, package.manifest_json().size());
  if (package.signature().state != SignatureState::absent) {
    const auto entries = read_container(package.file(), package.file_size()).value();
    copy(kEnvelopePath, entries.at(1).data_offset, entries.at(1).size);
  }
  for (const auto* entries : {&package.libraries(), &package.assets()})
    for (const auto& entry : *entries) copy(entry.path, entry.data_offset, entry.size);
  if (!writer.finish()) std::abort();
  std::string rewritten(size_of_file(out).value(), '\0');
  if (!read_at(out, 0, std::as_writable_bytes(std::span(rewritten))) || rewritten != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  fix_checksums(bytes);
  const File file(::memfd_create("package", MFD_CLOEXEC));
  if (!write_all(file, std::as_bytes(std::span(bytes)))) std::abort();
  const auto path = "/proc/self/fd/" + std::to_string(file.fd());
  const auto package = inspect_package(path, TrustStore());
  if (package)
    check_rewrites_the_same(*package, bytes);
  else if (package.error().reason.empty() || package.error().message.empty())
    std::abort();
  return 0;
}

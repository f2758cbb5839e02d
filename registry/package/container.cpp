// container.cpp: ustar through libarchive, and the comparison with the canonical form.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/container.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "registry/document/strict_json.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kTrailer = 2 * kBlock;
constexpr std::size_t kChunk = 1 << 20;
using Block = std::array<std::byte, kBlock>;

struct FreeReader {
  void operator()(struct archive* archive) const { archive_read_free(archive); }
};
struct FreeEntry {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};
using EntryHandle = std::unique_ptr<struct archive_entry, FreeEntry>;

std::uint64_t padded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

EntryHandle make_entry(std::string_view path, std::uint64_t size) {
  EntryHandle entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), std::string(path).c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_uid(entry.get(), 0);
  archive_entry_set_gid(entry.get(), 0);
  return entry;
}

void choose_format(struct archive* archive) {
  archive_write_set_format_ustar(archive);
  archive_write_set_bytes_in_last_block(archive, 1);  // no padding after the two zero blocks of the trailer
}

// What libarchive writes in front of an entry's data. Invariant: path is clean and size within the ustar bound.
Result<Block> canonical_header(std::string_view path, std::uint64_t size) {
  struct Sink {
    Block header;
    std::size_t used = 0;
  } sink;
  const auto take = [](struct archive*, void* client, const void* data, std::size_t n) -> la_ssize_t {
    auto& into = *static_cast<Sink*>(client);
    if (n > kBlock - into.used) return -1;
    std::memcpy(into.header.data() + into.used, data, n);
    into.used += n;
    return static_cast<la_ssize_t>(n);
  };
  struct archive* archive = archive_write_new();
  choose_format(archive);
  archive_write_set_bytes_per_block(archive, 0);  // unbuffered: the header arrives at once
  const auto entry = make_entry(path, size);
  const bool is_written = archive_write_open(archive, &sink, nullptr, take, nullptr) == ARCHIVE_OK &&
                          archive_write_header(archive, entry.get()) == ARCHIVE_OK;
  // Frees by closing, which would go on with the data: the sink is full and ends that. (archive_write_fail would skip
  // the closing, and with it the freeing of the client's buffer.)
  archive_write_free(archive);
  if (!is_written || sink.used != kBlock)
    return failure(Code::internal, "package.header", "no ustar header can be made");
  return sink.header;
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

Result<void> check_zeros(const File& file, std::uint64_t from, std::uint64_t to, std::string_view what) {
  std::array<std::byte, kTrailer> buffer;
  const auto bytes = std::span(buffer).first(to - from);
  if (auto ok = read_at(file, from, bytes); !ok) return ok;
  if (!is_zero(bytes))
    return refuse_package("not_canonical", std::string(what) + " at byte " + std::to_string(from) + " is not zero");
  return {};
}

struct Magic {
  std::string_view bytes, name;
};

// Named, so that whoever compressed a package learns it at once.
Result<void> check_first_bytes(const File& file) {
  using namespace std::string_view_literals;
  static constexpr Magic kCompressed[] = {{"\x1f\x8b"sv, "gzip"},      {"\x28\xb5\x2f\xfd"sv, "zstd"},
                                          {"\xfd\x37zXZ\x00"sv, "xz"}, {"BZh"sv, "bzip2"},
                                          {"PK\x03\x04"sv, "zip"},     {"\x04\x22\x4d\x18"sv, "lz4"}};
  std::string start(8, '\0');
  if (auto ok = read_at(file, 0, std::as_writable_bytes(std::span(start))); !ok) return ok;
  for (const auto& magic : kCompressed)
    if (start.starts_with(magic.bytes))
      return refuse_package("compressed",
                            "file is compressed with " + std::string(magic.name) + ", a package is a plain tar");
  return {};
}

Result<void> check_kind(struct archive_entry* entry, const std::string& shown) {
  if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
    return refuse_package("link", "entry '" + shown + "' is a link");
  if (archive_entry_filetype(entry) == AE_IFDIR) return refuse_package("folder", "entry '" + shown + "' is a folder");
  if (archive_entry_filetype(entry) != AE_IFREG)
    return refuse_package("special_file", "entry '" + shown + "' is a device, FIFO or socket");
  if (archive_entry_sparse_count(entry) > 0) return refuse_package("sparse", "entry '" + shown + "' is a sparse file");
  return {};
}

Result<void> check_path(std::string_view path, const std::string& shown) {
  if (path.starts_with('/')) return refuse_package("absolute_path", "entry '" + shown + "' has an absolute path");
  if (path == ".." || path.starts_with("../") || path.ends_with("/..") || path.find("/../") != path.npos)
    return refuse_package("parent_path", "entry '" + shown + "' leads out of the package");
  if (!is_package_path(path)) return refuse_package("unclean_path", "entry '" + shown + "' is no clean relative path");
  return {};
}

class Walk {
 public:
  Walk(const File& file, std::uint64_t file_size, std::size_t entries_max)
      : file_(file), file_size_(file_size), entries_max_(entries_max) {}

  Result<void> take(struct archive* archive, struct archive_entry* entry) {
    if (entries.size() == entries_max_)
      return refuse_package("too_many_entries", "package has more than " + std::to_string(entries_max_) + " entries");
    const char* raw = archive_entry_pathname(entry);
    const std::string path = raw ? raw : "";
    const auto shown = printable(path);
    if (auto ok = check_kind(entry, shown); !ok) return ok;
    if (auto ok = check_path(path, shown); !ok) return ok;
    if (!seen_.insert(path).second) return refuse_package("duplicate_entry", "entry '" + shown + "' occurs twice");
    if (archive_format(archive) != ARCHIVE_FORMAT_TAR_USTAR)
      return refuse_package("not_ustar",
                            "entry '" + shown + "' is " + archive_format_name(archive) + ", not plain ustar");
    const auto size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::uint64_t>(size) > kEntryBytesMax)
      return refuse_package("entry_too_large", "entry '" + shown + "' has " + std::to_string(size) +
                                                   " bytes, limit is " + std::to_string(kEntryBytesMax));
    return place(path, static_cast<std::uint64_t>(size));
  }

  // Nothing but the trailer may follow the last entry.
  Result<void> finish() {
    const auto end = end_ + kTrailer;
    if (file_size_ < end)
      return refuse_package(
          "truncated", "file has " + std::to_string(file_size_) + " bytes, its entries need " + std::to_string(end));
    if (file_size_ > end)
      return refuse_package("trailing_bytes",
                            std::to_string(file_size_ - end) + " bytes follow the end of the archive");
    return check_zeros(file_, end_, end, "trailer");
  }

  std::vector<ContainerEntry> entries;

 private:
  // Invariant: end_ is counted by us from canonical headers, never taken from what the archive says of positions.
  Result<void> place(const std::string& path, std::uint64_t size) {
    const auto header = canonical_header(path, size);
    if (!header) return std::unexpected(header.error());
    const auto data = end_ + kBlock, data_end = data + size, next = data + padded(size);
    if (next > file_size_)
      return refuse_package("truncated", "entry '" + path + "' ends at byte " + std::to_string(next) +
                                             ", the file at " + std::to_string(file_size_));
    Block found;
    if (auto ok = read_at(file_, end_, found); !ok) return ok;
    if (const auto at = std::ranges::mismatch(found, *header); at.in1 != found.end())
      return refuse_package("not_canonical",
                            "header of '" + path + "' differs from the canonical one at byte " +
                                std::to_string(end_ + static_cast<std::uint64_t>(at.in1 - found.begin())));
    if (auto ok = check_zeros(file_, data_end, next, "padding"); !ok) return ok;
    entries.push_back({path, size, data});
    end_ = next;
    return {};
  }

  const File& file_;
  const std::uint64_t file_size_;
  const std::size_t entries_max_;
  std::uint64_t end_ = 0;  // where the next header starts
  std::set<std::string> seen_;
};

}  // namespace

Result<std::vector<ContainerEntry>> read_container(const File& file, std::uint64_t file_size,
                                                   const ContainerBounds& bounds) {
  if (file_size > bounds.bytes_max)
    return refuse_package("too_large", "package has " + std::to_string(file_size) + " bytes, limit is " +
                                           std::to_string(bounds.bytes_max));
  if (file_size < kBlock)
    return refuse_package("truncated", "file has " + std::to_string(file_size) + " bytes, no package is so small");
  if (auto ok = check_first_bytes(file); !ok) return std::unexpected(ok.error());

  const std::unique_ptr<struct archive, FreeReader> archive(archive_read_new());
  archive_read_support_format_tar(archive.get());  // no filter: nothing is ever decompressed
  if (::lseek(file.fd(), 0, SEEK_SET) != 0 || archive_read_open_fd(archive.get(), file.fd(), 64 * 1024) != ARCHIVE_OK)
    return refuse_package("not_an_archive", "file is no tar archive");
  Walk walk(file, file_size, bounds.entries_max);
  for (;;) {
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    // A warning means that libarchive guessed: the canonical form leaves nothing to guess.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      return refuse_package(walk.entries.empty() ? "not_an_archive" : "damaged_header",
                            "no tar header where entry " + std::to_string(walk.entries.size() + 1) + " should start");
    if (auto ok = walk.take(archive.get(), entry); !ok) return std::unexpected(ok.error());
    if (status == ARCHIVE_WARN)
      return refuse_package("damaged_header", "archive has a header that libarchive only guesses at");
  }
  if (auto ok = walk.finish(); !ok) return std::unexpected(ok.error());
  return std::move(walk.entries);
}

Result<std::string> read_entry(const File& file, const ContainerEntry& entry) {
  std::string bytes(entry.size, '\0');
  if (auto ok = read_at(file, entry.data_offset, std::as_writable_bytes(std::span(bytes))); !ok)
    return std::unexpected(ok.error());
  return bytes;
}

Result<Sha256> digest_entry(const File& file, const ContainerEntry& entry) {
  Sha256Stream stream;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(entry.size, kChunk));
  for (std::uint64_t done = 0; done < entry.size;) {
    const auto chunk = std::span(buffer).first(std::min<std::uint64_t>(entry.size - done, kChunk));
    if (auto ok = read_at(file, entry.data_offset + done, chunk); !ok) return std::unexpected(ok.error());
    stream.update(chunk);
    done += chunk.size();
  }
  return stream.finish();
}

void ContainerWriter::Free::operator()(struct archive* archive) const { archive_write_free(archive); }

Result<ContainerWriter> ContainerWriter::create(const File& file) {
  ContainerWriter writer(archive_write_new());
  choose_format(writer.archive_.get());
  if (archive_write_open_fd(writer.archive_.get(), file.fd()) != ARCHIVE_OK) return writer.failed();
  return writer;
}

Result<void> ContainerWriter::add(std::string_view path, std::string_view bytes) {
  if (auto ok = begin(path, bytes.size()); !ok) return ok;
  return write(std::as_bytes(std::span(bytes)));
}

Result<Sha256> ContainerWriter::add(std::string_view path, const File& source, std::uint64_t offset,
                                    std::uint64_t size) {
  if (auto ok = begin(path, size); !ok) return std::unexpected(ok.error());
  Sha256Stream stream;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(size, kChunk));
  for (std::uint64_t done = 0; done < size;) {
    const auto chunk = std::span(buffer).first(std::min<std::uint64_t>(size - done, kChunk));
    if (auto ok = read_at(source, offset + done, chunk); !ok) return std::unexpected(ok.error());
    stream.update(chunk);
    if (auto ok = write(chunk); !ok) return std::unexpected(ok.error());
    done += chunk.size();
  }
  return stream.finish();
}

Result<void> ContainerWriter::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return failed();
  return {};
}

Result<void> ContainerWriter::begin(std::string_view path, std::uint64_t size) {
  const auto entry = make_entry(path, size);
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) return failed();
  return {};
}

Result<void> ContainerWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = archive_write_data(archive_.get(), bytes.data(), bytes.size());
    if (n <= 0) return failed();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

std::unexpected<Error> ContainerWriter::failed() const {
  return std::unexpected(file_error("write", "package", archive_errno(archive_.get())));
}

}  // namespace stoa::registry

// blob_store.cpp: names, locks and the order of system calls that make a put durable.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/blob_store.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <tuple>

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 1 << 20;

std::string fan_out(const std::string& hex) { return hex.substr(0, 2); }

std::unexpected<Error> not_found(const Sha256& digest) {
  return failure(Code::not_found, "blob.not_found", "there is no blob " + to_hex(digest));
}

}  // namespace

Result<std::string> random_name() {
  std::array<std::uint8_t, 16> bytes{};
  // A call for so few bytes is never cut short.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return failure(Code::unavailable, "file.io", "no random bytes to be had");
  return to_hex(bytes);
}

BlobWriter::~BlobWriter() {
  if (file_.fd() >= 0) (void)store_->staging().remove(name_);
}

Result<void> BlobWriter::write(std::span<const std::byte> bytes) {
  stream_.update(bytes);
  return write_all(file_, bytes);
}

Result<Blob> BlobWriter::finish(const std::optional<Sha256>& expected, std::int64_t now_ns) {
  const auto digest = stream_.finish();
  if (expected && *expected != digest)
    return failure(Code::invalid_argument, "blob.digest_mismatch",
                   "the bytes have digest " + to_hex(digest) + ", announced was " + to_hex(*expected));
  auto blob = store_->publish({store_->staging(), name_, file_}, digest, now_ns);
  // Where only the last fsync failed, the name in staging is gone, and removing it again finds nothing.
  if (blob) file_ = File();
  return blob;
}

BlobStore::BlobStore(StoreFolder root, StoreFolder blobs, StoreFolder staging, StoreFolder uploads, StoreFolder damaged)
    : root_(std::move(root)),
      blobs_(std::move(blobs)),
      staging_(std::move(staging)),
      uploads_(std::move(uploads)),
      damaged_(std::move(damaged)),
      chunk_digests_(std::make_unique<ChunkDigestCache>()) {}

Result<std::unique_ptr<BlobStore>> BlobStore::open(const fs::path& path) {
  auto root = StoreFolder::open_root(path);
  if (!root) return std::unexpected(root.error());
  auto blobs = root->make_child("blobs"), staging = root->make_child("staging"), uploads = root->make_child("uploads"),
       damaged = root->make_child("damaged");
  for (const auto* folder : {&blobs, &staging, &uploads, &damaged})
    if (!*folder) return std::unexpected(folder->error());
  // All at once and synced each time, so that no put has to think of whether its folder is durable.
  for (std::uint8_t i = 0;; ++i) {
    if (auto made = blobs->make_child(to_hex(std::span(&i, 1))); !made) return std::unexpected(made.error());
    if (i == 0xff) break;
  }
  if (auto ok = blobs->sync(); !ok) return std::unexpected(ok.error());
  if (auto ok = root->sync(); !ok) return std::unexpected(ok.error());
  return std::unique_ptr<BlobStore>(new BlobStore(std::move(*root), std::move(*blobs), std::move(*staging),
                                                  std::move(*uploads), std::move(*damaged)));
}

Result<BlobWriter> BlobStore::begin_put() const {
  auto name = random_name();
  if (!name) return std::unexpected(name.error());
  // Lock: the folder's, so that nobody takes the new file for a dead one before it is locked itself.
  const auto lock = staging_.lock();
  if (!lock) return std::unexpected(lock.error());
  auto file = staging_.create(*name);
  if (!file) return std::unexpected(file.error());
  const auto locked = try_lock_exclusive(*file);
  BlobWriter writer(*this, std::move(*name), std::move(*file));
  if (!locked) return std::unexpected(locked.error());
  return writer;
}

Result<Blob> BlobStore::put(std::span<const std::byte> bytes, std::int64_t now_ns) const {
  auto writer = begin_put();
  if (!writer) return std::unexpected(writer.error());
  if (auto ok = writer->write(bytes); !ok) return std::unexpected(ok.error());
  return writer->finish(std::nullopt, now_ns);
}

Result<Blob> BlobStore::put_file(const fs::path& path, std::int64_t now_ns) const {
  const auto file = open_regular(path);
  if (!file) return std::unexpected(file.error());
  auto writer = begin_put();
  if (!writer) return std::unexpected(writer.error());
  const auto size = size_of_file(*file);
  if (!size) return std::unexpected(size.error());
  std::vector<std::byte> buffer(std::min<std::uint64_t>(*size, kCopyBytes));
  for (std::uint64_t done = 0; done < *size;) {
    const auto chunk = std::span(buffer).first(std::min<std::uint64_t>(*size - done, kCopyBytes));
    if (auto ok = read_at(*file, done, chunk); !ok) return std::unexpected(ok.error());
    if (auto ok = writer->write(chunk); !ok) return std::unexpected(ok.error());
    done += chunk.size();
  }
  return writer->finish(std::nullopt, now_ns);
}

Result<StoreFolder> BlobStore::folder_of(const Sha256& digest) const {
  return blobs_.open_child(fan_out(to_hex(digest)));
}

Result<Blob> BlobStore::publish(const Candidate& candidate, const Sha256& digest, std::int64_t now_ns) const {
  const File& file = candidate.file;
  if (auto ok = set_modified(file, now_ns); !ok) return std::unexpected(ok.error());
  if (::fsync(file.fd()) != 0)
    return std::unexpected(file_error("fsync", candidate.from.path() / candidate.name, errno));
  const auto status = status_of(file);
  if (!status) return std::unexpected(status.error());
  const auto folder = folder_of(digest);
  if (!folder) return std::unexpected(folder.error());
  {
    const auto lock = folder->lock();
    if (!lock) return std::unexpected(lock.error());
    if (auto ok = candidate.from.rename(candidate.name, *folder, to_hex(digest)); !ok)
      return std::unexpected(ok.error());
    // Not before: an upload whose process dies here must stay one that can be written to. Not an error: it protects
    // from accidents, and the digest is what counts.
    std::ignore = ::fchmod(file.fd(), 0444);
    // From here on it is a blob that is being read: until its name is durable too, nobody collects it.
    if (auto ok = lock_file(file, LockKind::shared); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = folder->sync(); !ok) return std::unexpected(ok.error());
  return Blob{digest, status->size, now_ns};
}

Result<File> BlobStore::open_blob(const Sha256& digest) const {
  const auto folder = folder_of(digest);
  if (!folder) return std::unexpected(folder.error());
  const auto name = to_hex(digest);
  // A put may replace the file, or collection remove it, between its opening and its locking. Each turn needs another
  // such event, so that a few turns are plenty.
  for (int turn = 0; turn < 100; ++turn) {
    auto file = folder->open(name, StoreFolder::Access::read);
    if (!file && file.error().code == Code::not_found) return not_found(digest);
    if (!file) return file;
    if (auto ok = lock_file(*file, LockKind::shared); !ok) return std::unexpected(ok.error());
    if (folder->refers_to(name, *file)) return file;
  }
  return failure(Code::aborted, "blob.in_use", "blob " + name + " is replaced again and again");
}

Result<Blob> BlobStore::find(const Sha256& digest) const {
  const auto folder = folder_of(digest);
  if (!folder) return std::unexpected(folder.error());
  const auto file = folder->open(to_hex(digest), StoreFolder::Access::read);
  if (!file && file.error().code == Code::not_found) return not_found(digest);
  if (!file) return std::unexpected(file.error());
  const auto status = status_of(*file);
  if (!status) return std::unexpected(status.error());
  return Blob{digest, status->size, status->modified_ns};
}

Result<Blob> BlobStore::renew(const Sha256& digest, std::int64_t now_ns) const {
  const auto file = open_blob(digest);
  if (!file) return std::unexpected(file.error());
  if (auto ok = set_modified(*file, now_ns); !ok) return std::unexpected(ok.error());
  // A time that a crash takes back would let collection take the blob, and who put it may have died before it was
  // durable under its name.
  if (::fsync(file->fd()) != 0) return std::unexpected(file_error("fsync", "blob " + to_hex(digest), errno));
  const auto folder = folder_of(digest);
  if (!folder) return std::unexpected(folder.error());
  if (auto ok = folder->sync(); !ok) return std::unexpected(ok.error());
  const auto status = status_of(*file);
  if (!status) return std::unexpected(status.error());
  return Blob{digest, status->size, now_ns};
}

Result<BlobReader> BlobStore::read(const Sha256& digest) const {
  return read(digest, {0, std::numeric_limits<std::uint64_t>::max()});
}

Result<BlobReader> BlobStore::read(const Sha256& digest, BlobRange range) const {
  auto file = open_blob(digest);
  if (!file) return std::unexpected(file.error());
  const auto status = status_of(*file);
  if (!status) return std::unexpected(status.error());
  const Blob blob{digest, status->size, status->modified_ns};
  if (range.offset == 0 && range.bytes == std::numeric_limits<std::uint64_t>::max()) range.bytes = blob.size;
  if (range.offset > blob.size || range.bytes > blob.size - range.offset)
    return failure(Code::out_of_range, "blob.range",
                   "range of " + std::to_string(range.bytes) + " bytes from " + std::to_string(range.offset) +
                       ", the blob has " + std::to_string(blob.size));
  auto digests = chunk_digests_->peek(digest);
  if (!digests && range.bytes != blob.size) {
    auto read = chunk_digests_->get(blob, *file);
    if (!read) return std::unexpected(read.error());
    digests = std::move(*read);
  }
  if (digests && digests->size != blob.size) return blob_damaged(digest);
  return BlobReader(blob, range, std::move(*file), std::move(digests));
}

Result<Blob> BlobStore::verify(const Sha256& digest) const {
  auto reader = read(digest);
  while (reader) {
    const auto bytes = reader->next();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return reader->blob();
  }
  return std::unexpected(reader.error());
}

Result<std::vector<Blob>> BlobStore::list() const {
  std::vector<Blob> blobs;
  for (unsigned first = 0; first < 256; ++first) {
    const auto some = list(static_cast<std::uint8_t>(first));
    if (!some) return some;
    blobs.insert(blobs.end(), some->begin(), some->end());
  }
  return blobs;
}

Result<std::vector<Blob>> BlobStore::list(std::uint8_t first_byte) const {
  std::vector<Blob> blobs;
  const auto folder = blobs_.open_child(to_hex(std::span(&first_byte, 1)));
  if (!folder && (folder.error().reason == "file.not_found" || folder.error().reason == "file.not_folder"))
    return blobs;
  if (!folder) return std::unexpected(folder.error());
  const auto names = folder->names();
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    const auto digest = sha256_from_hex(name);
    if (!digest || digest->front() != first_byte) continue;
    if (const auto blob = find(*digest)) blobs.push_back(*blob);
  }
  return blobs;
}

Result<void> BlobStore::remove(const Sha256& digest) const {
  const auto removed = remove_if_before(digest, std::numeric_limits<std::int64_t>::max());
  if (!removed) return std::unexpected(removed.error());
  if (!*removed) return failure(Code::aborted, "blob.in_use", "blob " + to_hex(digest) + " is being read");
  return {};
}

Result<bool> BlobStore::remove_if_before(const Sha256& digest, std::int64_t before_ns) const {
  const auto folder = folder_of(digest);
  if (!folder) return std::unexpected(folder.error());
  const auto name = to_hex(digest);
  {
    // Lock: under it the name stays the file that is looked at here; renew() is not, so its reader's lock decides.
    const auto lock = folder->lock();
    if (!lock) return std::unexpected(lock.error());
    const auto file = folder->open(name, StoreFolder::Access::read);
    if (!file && file.error().code == Code::not_found) return not_found(digest);
    if (!file) return std::unexpected(file.error());
    const auto is_mine = try_lock_exclusive(*file);
    if (!is_mine) return std::unexpected(is_mine.error());
    const auto status = status_of(*file);
    if (!status) return std::unexpected(status.error());
    if (!*is_mine || status->modified_ns >= before_ns) return false;
    if (auto ok = folder->remove(name); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = folder->sync(); !ok) return std::unexpected(ok.error());
  return true;
}

}  // namespace stoa::registry

// upload.cpp: begin, append, finish, abort.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/upload.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <tuple>

#include "registry/blobs/upload_files.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kCompareBytes = 64 << 10;
constexpr std::size_t kHashBytes = 1 << 20;
// A few hundred bytes each; one that is not kept is read again at the end.
constexpr std::size_t kProgressMax = 1024;

Result<bool> has_bytes(const File& file, const UploadChunk& chunk) {
  std::vector<std::byte> buffer(std::min(chunk.bytes.size(), kCompareBytes));
  for (std::size_t done = 0; done < chunk.bytes.size(); done += buffer.size()) {
    const auto expected = chunk.bytes.subspan(done, std::min(buffer.size(), chunk.bytes.size() - done));
    const auto there = std::span(buffer).first(expected.size());
    if (auto ok = read_at(file, chunk.offset + done, there); !ok) return std::unexpected(ok.error());
    if (!std::ranges::equal(there, expected)) return false;
  }
  return true;
}

Result<void> write_durably(const File& file, const UploadChunk& chunk, std::int64_t now_ns) {
  if (::lseek(file.fd(), static_cast<off_t>(chunk.offset), SEEK_SET) < 0)
    return std::unexpected(file_error("seek in", "upload", errno));
  if (auto ok = write_all(file, chunk.bytes); !ok) return ok;
  if (auto ok = set_modified(file, now_ns); !ok) return ok;
  if (::fdatasync(file.fd()) != 0) return std::unexpected(file_error("fsync", "upload", errno));
  return {};
}

std::unexpected<Error> wrong_digest(const char* whose, const Sha256& digest, const Sha256& expected) {
  return failure(Code::invalid_argument, "upload.digest_mismatch",
                 std::string(whose) + " " + to_hex(digest) + ", expected is " + to_hex(expected));
}

}  // namespace

Result<UploadStatus> Uploads::begin(const UploadTerms& terms, const UploadQuota& quota, std::int64_t now_ns) {
  if (auto ok = check_terms(terms); !ok) return std::unexpected(ok.error());
  auto id = UploadId::generate();
  if (!id) return std::unexpected(id.error());
  const auto lock = store_.uploads().lock();
  if (!lock) return std::unexpected(lock.error());
  if (auto swept = sweep_locked(now_ns, false); !swept) return std::unexpected(swept.error());
  const auto uploads = list();
  if (!uploads) return std::unexpected(uploads.error());
  std::uint64_t all = 0, own = 0, bytes = quota.stored_bytes;
  for (const auto& upload : *uploads) {
    if (upload.is_finished) continue;
    ++all;
    if (upload.terms.owner != terms.owner) continue;
    ++own;
    bytes += std::min(upload.terms.size, std::numeric_limits<std::uint64_t>::max() - bytes);
  }
  if (own >= quota.uploads_max || all >= policy_.unfinished_max)
    return failure(Code::resource_exhausted, "upload.too_many",
                   std::to_string(own) + " uploads of this owner are unfinished and " + std::to_string(all) +
                       " of all, limits are " + std::to_string(quota.uploads_max) + " and " +
                       std::to_string(policy_.unfinished_max));
  if (bytes > quota.bytes_max || terms.size > quota.bytes_max - bytes)
    return failure(Code::resource_exhausted, "upload.quota",
                   "size is " + std::to_string(terms.size) + " bytes, " + std::to_string(bytes) +
                       " are stored or under way, limit is " + std::to_string(quota.bytes_max));
  if (auto ok = create_files(*id, terms, now_ns); !ok) return std::unexpected(ok.error());
  keep_progress(*id, {});
  return UploadStatus{*id, terms, 0, expiry_ns(now_ns), false};
}

Result<UploadStatus> Uploads::append(const UploadKey& key, const UploadChunk& chunk, std::int64_t now_ns) {
  auto upload = open(key, now_ns);
  if (!upload) return std::unexpected(upload.error());
  const auto end = upload->offset, size = upload->terms.size;
  // Made of what is known, so that nothing can fail once the bytes are durable.
  const auto with_offset = [&](std::uint64_t offset) {
    return UploadStatus{key.id, upload->terms, offset, expiry_ns(now_ns), false};
  };
  if (chunk.offset > size || chunk.bytes.size() > size - chunk.offset)
    return failure(Code::out_of_range, "upload.too_large",
                   "chunk of " + std::to_string(chunk.bytes.size()) + " bytes at " + std::to_string(chunk.offset) +
                       ", the declared size is " + std::to_string(size));
  if (chunk.offset + chunk.bytes.size() <= end) {
    const auto is_same = has_bytes(upload->bytes, chunk);
    if (!is_same) return std::unexpected(is_same.error());
    if (!*is_same)
      return failure(Code::invalid_argument, "upload.different",
                     "chunk at " + std::to_string(chunk.offset) + " has other bytes than those that are there");
    if (auto ok = set_modified(upload->bytes, now_ns); !ok) return std::unexpected(ok.error());
    return with_offset(end);
  }
  if (chunk.offset != end)
    return failure(Code::out_of_range, "upload.offset",
                   "chunk begins at " + std::to_string(chunk.offset) + ", go on from " + std::to_string(end));
  if (auto ok = write_durably(upload->bytes, chunk, now_ns); !ok) {
    // What a full disk let in is taken back. Where even that fails, the bytes there are still those that were sent.
    std::ignore = ::ftruncate(upload->bytes.fd(), static_cast<off_t>(end));
    return std::unexpected(ok.error());
  }
  if (auto progress = take_progress(key.id)) {
    if (progress->hashed == end) {
      progress->stream.update(chunk.bytes);
      progress->hashed += chunk.bytes.size();
    }
    keep_progress(key.id, std::move(*progress));
  }
  return with_offset(end + chunk.bytes.size());
}

Result<UploadStatus> Uploads::status(const UploadKey& key, std::int64_t now_ns) const { return find(key, now_ns); }

Result<Blob> Uploads::finish(const UploadKey& key, const Sha256& expected, std::int64_t now_ns) {
  const auto known = find(key, now_ns);
  if (!known) return std::unexpected(known.error());
  if (known->terms.digest && *known->terms.digest != expected)
    return wrong_digest("announced was", *known->terms.digest, expected);
  if (known->is_finished) return store_.renew(expected, now_ns);
  auto upload = open(key, now_ns);
  if (!upload) return std::unexpected(upload.error());
  if (upload->offset != upload->terms.size)
    return failure(Code::failed_precondition, "upload.incomplete",
                   "upload has " + std::to_string(upload->offset) + " bytes of " + std::to_string(upload->terms.size));
  auto progress = take_progress(key.id).value_or(Progress());
  std::vector<std::byte> buffer(kHashBytes);
  while (progress.hashed < upload->offset) {
    const auto part = std::span(buffer).first(std::min<std::uint64_t>(kHashBytes, upload->offset - progress.hashed));
    if (auto ok = read_at(upload->bytes, progress.hashed, part); !ok) return std::unexpected(ok.error());
    progress.stream.update(part);
    progress.hashed += part.size();
  }
  const auto digest = progress.stream.finish();
  if (digest != expected) return wrong_digest("the bytes have", digest, expected);
  // Before the rename, so that whoever asks again after a crash right behind it is told the same.
  upload->terms.digest = digest;
  {
    const auto lock = store_.uploads().lock();
    if (!lock) return std::unexpected(lock.error());
    if (auto ok = write_terms(key.id, upload->terms, now_ns); !ok) return std::unexpected(ok.error());
  }
  return store_.publish({store_.uploads(), bytes_name(key.id), upload->bytes}, digest, now_ns);
}

Result<void> Uploads::abort(const UploadKey& key) {
  const auto lock = store_.uploads().lock();
  if (!lock) return std::unexpected(lock.error());
  const auto upload = look(key.id);
  if (!upload) return std::unexpected(upload.error());
  if (upload->terms.owner != key.owner) return upload_not_found(key.id);
  const auto removed = remove_files(key.id, std::numeric_limits<std::int64_t>::max());
  if (!removed) return std::unexpected(removed.error());
  if (!*removed) return upload_busy(key.id);
  (void)take_progress(key.id);
  return store_.uploads().sync();
}

std::optional<Uploads::Progress> Uploads::take_progress(const UploadId& id) {
  const std::lock_guard lock(mutex_);
  auto node = progress_.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

void Uploads::keep_progress(const UploadId& id, Progress progress) {
  const std::lock_guard lock(mutex_);
  // Any will do: those of uploads that expired or went elsewhere end this way too.
  if (progress_.size() >= kProgressMax) progress_.erase(progress_.begin());
  progress_.insert_or_assign(id, std::move(progress));
}

}  // namespace stoa::registry

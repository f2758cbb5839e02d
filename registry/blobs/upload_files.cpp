// upload_files.cpp: how an upload lies on disk, is looked at, and goes away.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/upload_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "registry/blobs/upload.hpp"

namespace stoa::registry {
namespace {

using Access = StoreFolder::Access;

constexpr std::string_view kTerms = ".terms", kBytes = ".bytes", kNew = ".new";
constexpr std::size_t kTermsBytesMax = 1024;  // the longest owner, and room

// The id of a name with that ending.
std::optional<UploadId> id_of(std::string_view name, std::string_view ending) {
  if (!name.ends_with(ending)) return std::nullopt;
  return UploadId::parse(name.substr(0, name.size() - ending.size()));
}

// Known to be so: a name that cannot be looked at is not absent.
bool is_absent(const StoreFolder& folder, const std::string& name) {
  const auto status = folder.status(name);
  return !status && status.error().code == Code::not_found;
}

// For good: one that could not be read this time is left alone.
bool is_no_upload(const Error& error) {
  return error.reason == "upload.damaged" || error.reason == "file.not_regular" || error.reason == "file.too_large";
}

std::int64_t plus(std::int64_t time_ns, std::int64_t more_ns) {
  return time_ns > std::numeric_limits<std::int64_t>::max() - more_ns ? std::numeric_limits<std::int64_t>::max()
                                                                      : time_ns + more_ns;
}

}  // namespace

std::string terms_name(const UploadId& id) { return id.text() + std::string(kTerms); }
std::string bytes_name(const UploadId& id) { return id.text() + std::string(kBytes); }
std::string new_terms_name(const UploadId& id) { return id.text() + std::string(kNew); }

std::unexpected<Error> upload_not_found(const UploadId& id) {
  return failure(Code::not_found, "upload.not_found", "there is no upload " + id.text());
}

std::unexpected<Error> upload_busy(const UploadId& id) {
  return failure(Code::aborted, "upload.busy", "another call works on upload " + id.text());
}

// .bytes before .terms: finish() renames the first away after it wrote the second for the last time.
Result<UploadStatus> Uploads::look(const UploadId& id) const {
  const auto& folder = store_.uploads();
  const auto bytes = folder.open(bytes_name(id), Access::read);
  if (!bytes && bytes.error().code != Code::not_found) return std::unexpected(bytes.error());
  const auto file = folder.open(terms_name(id), Access::read);
  if (!file && file.error().code == Code::not_found) return upload_not_found(id);
  if (!file) return std::unexpected(file.error());
  const auto text = read_small_file(*file, folder.path() / terms_name(id), kTermsBytesMax);
  if (!text) return std::unexpected(text.error());
  auto terms = terms_from_text(*text);
  if (!terms || (!bytes && !terms->digest))
    return failure(Code::data_loss, "upload.damaged", "the terms of upload " + id.text() + " are damaged");
  const auto status = status_of(bytes ? *bytes : *file);
  if (!status) return std::unexpected(status.error());
  const auto offset = bytes ? status->size : terms->size;
  return UploadStatus{id, std::move(*terms), offset, expiry_ns(status->modified_ns), !bytes};
}

std::int64_t Uploads::expiry_ns(std::int64_t last_ns) const { return plus(last_ns, policy_.idle_ns_max); }

Result<UploadStatus> Uploads::find(const UploadKey& key, std::int64_t now_ns) const {
  auto upload = look(key.id);
  if (!upload) return upload;
  if (upload->terms.owner != key.owner) return upload_not_found(key.id);
  if (upload->expires_ns < now_ns)
    return failure(Code::not_found, "upload.expired", "upload " + key.id.text() + " has expired");
  return upload;
}

Result<Uploads::OpenUpload> Uploads::open(const UploadKey& key, std::int64_t now_ns) const {
  auto upload = find(key, now_ns);
  if (!upload) return std::unexpected(upload.error());
  if (upload->is_finished)
    return failure(Code::failed_precondition, "upload.finished", "upload " + key.id.text() + " is finished");
  auto bytes = store_.uploads().open(bytes_name(key.id), Access::read_write);
  if (!bytes && bytes.error().code == Code::not_found) return upload_busy(key.id);
  if (!bytes) return std::unexpected(bytes.error());
  const auto is_mine = try_lock_exclusive(*bytes);
  if (!is_mine) return std::unexpected(is_mine.error());
  // Between opening and locking it may have become a blob, which nobody may write to any more.
  if (!*is_mine || !store_.uploads().refers_to(bytes_name(key.id), *bytes)) return upload_busy(key.id);
  const auto status = status_of(*bytes);
  if (!status) return std::unexpected(status.error());
  return OpenUpload{std::move(upload->terms), std::move(*bytes), status->size};
}

// Lock: the folder's.
Result<void> Uploads::write_terms(const UploadId& id, const UploadTerms& terms, std::int64_t now_ns) const {
  const auto& folder = store_.uploads();
  (void)folder.remove(new_terms_name(id));  // of a process that died
  const auto write = [&]() -> Result<void> {
    const auto file = folder.create(new_terms_name(id));
    if (!file) return std::unexpected(file.error());
    const auto text = terms_to_text(terms);
    if (auto ok = write_all(*file, std::as_bytes(std::span(text))); !ok) return ok;
    if (auto ok = set_modified(*file, now_ns); !ok) return ok;
    if (::fsync(file->fd()) != 0) return std::unexpected(file_error("fsync", "terms of upload", errno));
    return folder.rename(new_terms_name(id), folder, terms_name(id));
  };
  if (auto ok = write(); !ok) {
    (void)folder.remove(new_terms_name(id));
    return ok;
  }
  return folder.sync();
}

// Lock: the folder's.
Result<void> Uploads::create_files(const UploadId& id, const UploadTerms& terms, std::int64_t now_ns) const {
  const auto& folder = store_.uploads();
  const auto create = [&]() -> Result<void> {
    const auto bytes = folder.create(bytes_name(id));
    if (!bytes) return std::unexpected(bytes.error());
    if (auto ok = set_modified(*bytes, now_ns); !ok) return ok;
    return write_terms(id, terms, now_ns);
  };
  auto created = create();
  if (!created) {
    (void)folder.remove(terms_name(id));
    (void)folder.remove(bytes_name(id));
  }
  return created;
}

// Lock: the folder's. False: somebody works on it, or has since then. Without its terms an upload is gone, so they go
// first.
Result<bool> Uploads::remove_files(const UploadId& id, std::int64_t modified_before_ns) const {
  const auto& folder = store_.uploads();
  const auto bytes = folder.open(bytes_name(id), Access::read);
  if (bytes) {
    const auto is_mine = try_lock_exclusive(*bytes);
    if (!is_mine) return is_mine;
    const auto status = status_of(*bytes);
    if (!status) return std::unexpected(status.error());
    if (!*is_mine || status->modified_ns >= modified_before_ns) return false;
  }
  for (const auto& name : {terms_name(id), bytes_name(id)})
    if (auto ok = folder.remove(name); !ok && ok.error().code != Code::not_found) return std::unexpected(ok.error());
  return true;
}

Result<std::vector<UploadStatus>> Uploads::list() const {
  const auto names = store_.uploads().names();
  if (!names) return std::unexpected(names.error());
  std::vector<UploadStatus> uploads;
  for (const auto& name : *names) {
    const auto id = id_of(name, kTerms);
    if (!id) continue;
    // One that went away meanwhile, or is damaged, does not keep the others from being seen.
    if (auto upload = look(*id)) uploads.push_back(std::move(*upload));
  }
  return uploads;
}

Result<Uploads::Swept> Uploads::sweep(std::int64_t now_ns, bool is_dry_run) const {
  const auto lock = store_.uploads().lock();
  if (!lock) return std::unexpected(lock.error());
  return sweep_locked(now_ns, is_dry_run);
}

Result<Uploads::Swept> Uploads::sweep_locked(std::int64_t now_ns, bool is_dry_run) const {
  const auto& folder = store_.uploads();
  const auto names = folder.names();
  if (!names) return std::unexpected(names.error());
  Swept swept;
  for (const auto& name : *names) {
    if (const auto id = id_of(name, kTerms)) {
      const auto upload = look(*id);
      if (!upload && is_no_upload(upload.error())) swept.strays.push_back(name);
      if (!upload || upload->expires_ns >= now_ns) continue;
      const auto last_ns = upload->expires_ns - policy_.idle_ns_max;
      const auto removed = is_dry_run ? Result<bool>(true) : remove_files(*id, plus(last_ns, 1));
      if (!removed) return std::unexpected(removed.error());
      if (!*removed) continue;
      if (!upload->is_finished) swept.bytes += upload->offset;
      swept.expired.push_back(*upload);
      continue;
    }
    // Bytes come before their terms in names(), so that what expired is not taken for a leftover.
    const auto of_bytes = id_of(name, kBytes);
    const bool is_left = of_bytes ? is_absent(folder, terms_name(*of_bytes)) : id_of(name, kNew).has_value();
    if (!of_bytes && !is_left) swept.strays.push_back(name);
    if (!is_left) continue;
    const auto status = folder.status(name);
    if (!status) continue;
    if (!is_dry_run && !folder.remove(name)) {  // a folder, for instance: one name must not end all uploads
      swept.strays.push_back(name);
      continue;
    }
    swept.bytes += status->size;
    swept.leftovers.push_back(name);
  }
  if (!is_dry_run && !(swept.expired.empty() && swept.leftovers.empty()))
    if (auto ok = folder.sync(); !ok) return std::unexpected(ok.error());
  return swept;
}

}  // namespace stoa::registry

// check_blobs.cpp: every byte against its name, and every name against what may lie there.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/blobs/collection.hpp"
#include "registry/blobs/staging_sweep.hpp"

namespace stoa::registry {
namespace {

using Kind = BlobFinding::Kind;

// Names in damaged/ get a number where the same one came before.
constexpr int kSameNameMax = 1000;

class Check {
 public:
  Check(const BlobStore& store, const CheckTerms& terms) : store_(store), terms_(terms) {}

  Result<void> blobs() {
    const auto names = store_.blobs().names();
    if (!names) return std::unexpected(names.error());
    for (const auto& name : *names) {
      const auto folder = store_.blobs().open_child(name);
      if (!folder && folder.error().reason != "file.not_folder") return std::unexpected(folder.error());
      if (!is_fan_out(name) || !folder) {
        stray(store_.blobs(), "blobs", name, "no folder of blobs");
        // Its place is a folder's: without one, nothing that begins so can be put.
        if (terms_.is_fix && is_fan_out(name)) (void)store_.blobs().make_child(name);
        continue;
      }
      const auto files = folder->names();
      if (!files) return std::unexpected(files.error());
      for (const auto& file : *files) blob(*folder, name, file);
    }
    return {};
  }

  Result<void> staging() {
    const auto sweep = sweep_staging(store_, !terms_.is_fix);
    if (!sweep) return std::unexpected(sweep.error());
    for (const auto& [name, bytes] : sweep->leftovers)
      found({Kind::leftover, "staging/" + name, bytes, "a put whose process died", terms_.is_fix});
    for (const auto& name : sweep->strays) stray(store_.staging(), "staging", name, "no file");
    return {};
  }

  Result<void> uploads(const Uploads& uploads) {
    const auto swept = uploads.sweep(terms_.now_ns, !terms_.is_fix);
    if (!swept) return std::unexpected(swept.error());
    for (const auto& upload : swept->expired)
      found({Kind::leftover, "uploads/" + upload.id.text(), upload.is_finished ? 0 : upload.offset,
             "an upload that expired", terms_.is_fix});
    for (const auto& name : swept->leftovers)
      found({Kind::leftover, "uploads/" + name, 0, "an upload whose process died", terms_.is_fix});
    for (const auto& name : swept->strays) stray(store_.uploads(), "uploads", name, "no part of an upload");
    return {};
  }

  BlobCheck take() { return std::move(check_); }

 private:
  static bool is_fan_out(const std::string& name) {
    return name.size() == 2 && sha256_from_hex(name + std::string(62, '0')).has_value();
  }

  void blob(const StoreFolder& folder, const std::string& folder_name, const std::string& name) {
    const auto place = "blobs/" + folder_name;
    const auto digest = sha256_from_hex(name);
    if (!digest || !name.starts_with(folder_name)) return stray(folder, place, name, "no blob of this folder");
    // Open from before it is read until it is moved, so that no other file can take its number.
    const auto file = store_.open_blob(*digest);
    if (!file && file.error().code == Code::not_found) return;
    if (!file && file.error().reason == "file.not_regular") return stray(folder, place, name, "no file");
    if (!file) return found({Kind::unreadable, place + "/" + name, 0, file.error().message, false});
    const auto verified = store_.verify(*digest);
    if (verified) {
      ++check_.blobs;
      check_.bytes += verified->size;
      return;
    }
    if (verified.error().code == Code::not_found) return;
    const auto status = status_of(*file);
    BlobFinding finding{Kind::damaged, place + "/" + name, status ? status->size : 0, verified.error().message, false};
    if (verified.error().reason != "blob.damaged") finding.kind = Kind::unreadable;
    if (terms_.is_fix && finding.kind == Kind::damaged) {
      const auto lock = folder.lock();
      if (lock && !folder.refers_to(name, *file)) return;  // a sound one was put meanwhile
      if (lock) finding.is_fixed = move(folder, name);
    }
    found(std::move(finding));
  }

  void stray(const StoreFolder& folder, const std::string& place, const std::string& name, const char* what) {
    const auto status = folder.status(name);
    const bool is_fixed = terms_.is_fix && move(folder, name);
    found({Kind::stray, place + "/" + name, status ? status->size : 0, what, is_fixed});
  }

  bool move(const StoreFolder& folder, const std::string& name) const {
    for (int i = 0; i < kSameNameMax; ++i) {
      const auto moved = folder.rename_if_free(name, store_.damaged(), i == 0 ? name : name + "." + std::to_string(i));
      if (moved) return folder.sync() && store_.damaged().sync();
      if (moved.error().code != Code::already_exists) return false;
    }
    return false;
  }

  void found(BlobFinding finding) { check_.findings.push_back(std::move(finding)); }

  const BlobStore& store_;
  const CheckTerms terms_;
  BlobCheck check_;
};

}  // namespace

Result<BlobCheck> check_blobs(const BlobStore& store, const Uploads& uploads, const CheckTerms& terms) {
  Check check(store, terms);
  if (auto ok = check.blobs(); !ok) return std::unexpected(ok.error());
  if (auto ok = check.staging(); !ok) return std::unexpected(ok.error());
  if (auto ok = check.uploads(uploads); !ok) return std::unexpected(ok.error());
  return check.take();
}

}  // namespace stoa::registry

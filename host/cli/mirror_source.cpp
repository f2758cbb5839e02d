// mirror_source.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/mirror_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/blobs/blob_store.hpp"
#include "registry/upkeep/catalogue_copy.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::BundleEvaluation;

constexpr std::uint64_t kPartBytesMax = 64u << 20;  // a registry sends 8 MiB in one answer
constexpr int kLostDownloadsMax = 5;                // in a row; then a person looks
constexpr std::chrono::milliseconds kAgain{500};

// ---- a folder ----

struct Folder {
  fs::path path;
  std::unique_ptr<registry::BlobStore> blobs;
  registry::TemporaryFolder memory;
  std::unique_ptr<registry::Catalogue> catalogue;  // a copy: a host may have the other one open
};

Result<std::vector<BundleEvaluation>> evaluations_in(registry::Catalogue& catalogue, const std::string& release_id) {
  constexpr std::size_t kMost = 10'000;
  const auto records =
      catalogue.evaluations({.release = registry::ReleaseId{release_id}, .dataset = {}, .after = {}, .most = kMost});
  if (!records) return std::unexpected(records.error());
  std::vector<BundleEvaluation> said;
  for (const registry::EvaluationRecord& record : *records)
    if (record.is_key_good)
      said.push_back({.envelope = registry::serialise_payload(record.opened.envelope, registry::kEvaluationPayloadType,
                                                              record.opened.document),
                      .public_key = record.key.pem(),
                      .said_by = record.said_by,
                      .is_publishers_key = record.is_publishers_key});
  return said;
}

// ---- a host ----

struct Host {
  client::HttpClient client;
  fs::path parts;
  std::function<void(std::uint64_t, std::uint64_t)> on_progress;
  std::uint64_t brought = 0, all = 0;

  fs::path file_of(const registry::Sha256& sha256) const { return parts / registry::to_hex(sha256); }
};

// From where an earlier run stopped.
Result<void> bring_one(Host& host, const WantedPackage& wanted) {
  const fs::path path = host.file_of(wanted.target.sha256);
  registry::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (file.fd() < 0) return std::unexpected(registry::file_error("open", path, errno));
  const auto size = registry::size_of_file(file);
  if (!size) return std::unexpected(size.error());
  std::uint64_t offset = *size;
  host.on_progress(host.brought + offset, host.all);
  for (int lost = 0; offset < wanted.target.length;) {
    const auto part = host.client.fetch({.path = "/v1/packages/" + registry::to_hex(wanted.target.sha256),
                                         .bytes_max = kPartBytesMax,
                                         .tag = {},
                                         .from = offset});
    const bool is_lost =
        !part && (part.error().code == Code::unavailable || part.error().code == Code::deadline_exceeded);
    if (is_lost && ++lost <= kLostDownloadsMax) {
      std::this_thread::sleep_for(kAgain);
      continue;
    }
    if (!part) return std::unexpected(part.error());
    lost = 0;
    if (part->body.empty() || (part->status != 206 && offset > 0))
      return failure(Code::unavailable, "client.answer", "the host does not go on where a download stopped");
    const auto bytes = std::as_bytes(std::span(part->body));
    if (auto kept = registry::write_all(file, bytes); !kept) return kept;
    offset += bytes.size();
    host.on_progress(host.brought + std::min(offset, wanted.target.length), host.all);
  }
  host.brought += wanted.target.length;
  return {};
}

Result<void> check_one(const Host& host, const WantedPackage& wanted) {
  const fs::path path = host.file_of(wanted.target.sha256);
  const auto file = registry::open_regular(path);
  if (!file) return std::unexpected(file.error());
  const auto size = registry::size_of_file(*file);
  if (!size) return std::unexpected(size.error());
  std::vector<std::byte> buffer(1 << 20);
  registry::Sha256Stream stream;
  for (std::uint64_t done = 0; done < *size;) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), *size - done));
    if (auto read = registry::read_at(*file, done, piece); !read) return read;
    stream.update(piece);
    done += piece.size();
  }
  if (*size == wanted.target.length && stream.finish() == wanted.target.sha256) return {};
  std::error_code ignored;
  fs::remove(path, ignored);  // the next run begins it anew
  return failure(Code::data_loss, "target.digest", wanted.path + " came with other bytes than its metadata says");
}

Result<std::vector<BundleEvaluation>> evaluations_at(client::HttpClient& client, const std::string& release_id) {
  const auto page = ask_all(client, "/v1/releases/" + client::escape(release_id) + "/evaluations");
  if (!page && page.error().code == Code::not_found) return std::vector<BundleEvaluation>();  // the customer plane
  if (!page) return std::unexpected(page.error());
  std::vector<BundleEvaluation> said;
  for (const Json& item : (*page)["items"]) {
    if (member_text(item, "signature") != "good") continue;
    const auto one = client.ask({.path = "/v1/evaluations/" + client::escape(member_text(item, "id"))});
    if (!one) return std::unexpected(one.error());
    const auto envelope = one->find("envelope"), key = one->find("public_key");
    if (envelope == one->end() || !envelope->is_string() || key == one->end() || !key->is_string())
      return failure(Code::internal, "client.answer", "the answer has no envelope and key of an evaluation");
    said.push_back({.envelope = envelope->get<std::string>(),
                    .public_key = key->get<std::string>(),
                    .said_by = member_text(*one, "said_by"),
                    .is_publishers_key = member_text(*one, "key_of") == "publisher"});
  }
  return said;
}

}  // namespace

Result<MirrorSource> source_in_folder(const fs::path& registry) {
  auto blobs = registry::BlobStore::open(registry / registry::kBlobsFolder);
  if (!blobs) return std::unexpected(blobs.error());
  auto memory = registry::TemporaryFolder::create();
  if (!memory) return std::unexpected(memory.error());
  const auto copy = memory->path() / registry::kCatalogueFile;
  if (auto ok = registry::copy_catalogue(registry, copy); !ok) return std::unexpected(ok.error());
  auto catalogue = registry::open_copy(copy, registry::PrivateKey::generate(), 0);
  if (!catalogue) return std::unexpected(catalogue.error());
  const auto folder =
      std::make_shared<Folder>(Folder{registry, std::move(*blobs), std::move(*memory), std::move(*catalogue)});
  return MirrorSource{.fetch =
                          [folder](std::string_view name, std::uint64_t bytes_max) {
                            return registry::read_small_file(folder->path / "metadata" / name, bytes_max);
                          },
                      .open = [folder](const registry::Sha256& sha256) { return folder->blobs->open_blob(sha256); },
                      .bring = [](const std::vector<WantedPackage>&) { return Result<void>(); },
                      .evaluations = [folder](const std::string& id) { return evaluations_in(*folder->catalogue, id); },
                      .owner = folder};
}

Result<MirrorSource> source_of_host(client::HttpClient client, const fs::path& parts,
                                    std::function<void(std::uint64_t, std::uint64_t)> on_progress) {
  std::error_code error;
  fs::create_directories(parts, error);
  if (error) return std::unexpected(registry::file_error("make", parts, error.value()));
  const auto host = std::make_shared<Host>(Host{std::move(client), parts, std::move(on_progress)});
  return MirrorSource{
      .fetch = [host](std::string_view name, std::uint64_t bytes_max) -> Result<std::string> {
        auto fetched = host->client.fetch({.path = fmt::format("/tuf/{}", name), .bytes_max = bytes_max});
        if (!fetched) return std::unexpected(fetched.error());
        return std::move(fetched->body);
      },
      .open = [host](const registry::Sha256& sha256) { return registry::open_regular(host->file_of(sha256)); },
      .bring = [host](const std::vector<WantedPackage>& packages) -> Result<void> {
        host->all = 0, host->brought = 0;
        for (const WantedPackage& one : packages) host->all += one.target.length;
        for (const WantedPackage& one : packages) {
          if (auto done = bring_one(*host, one); !done) return done;
          if (auto good = check_one(*host, one); !good) return good;
        }
        return {};
      },
      .evaluations = [host](const std::string& id) { return evaluations_at(host->client, id); },
      .owner = host};
}

}  // namespace stoa::cli

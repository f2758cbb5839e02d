// audit_fetch.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/audit_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/cli/receipt_file.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "licensing/proof/log_check.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

using client::HttpClient, client::Json;
using namespace licensing;

constexpr std::size_t kFetchedMax = 1u << 20, kFetchedEntriesMax = std::size_t{8} << 30;
constexpr int kPage = 1000;

// One fetch on its way: what it has, and what it knows by then.
class Fetch {
 public:
  Fetch(HttpClient& host, std::string publisher, const AuditFolder& folder)
      : host_(host), publisher_(std::move(publisher)), folder_(folder) {}

  // Nobody but the first fetch believes the host.
  Result<void> pin_key(const std::string& wanted) {
    auto said = host_.fetch({.path = "/log/key", .bytes_max = kFetchedMax});
    if (!said) return std::unexpected(said.error());
    while (said->body.ends_with('\n')) said->body.pop_back();
    auto key = NoteVerifier::parse(said->body);
    if (!key) return std::unexpected(key.error());
    const bool is_known = std::filesystem::exists(folder_.log_key());
    for (const std::string& known : {wanted, is_known ? folder_.log_key().string() : std::string()}) {
      if (known.empty()) continue;
      const auto before = log_key_of(known);
      if (!before) return std::unexpected(before.error());
      if (before->text() != key->text())
        return failure(Code::permission_denied, "audit.key",
                       fmt::format("the host's log has the key {}, known is {}", key->text(), before->text()));
    }
    done.is_key_new = !is_known && wanted.empty();
    done.log_key = key->text();
    if (auto kept = is_known ? Result<void>() : keep_file(folder_.log_key(), key->text() + '\n'); !kept) return kept;
    if (auto kept = keep_file(folder_.publisher(), publisher_ + '\n'); !kept) return kept;
    key_.emplace(std::move(*key));
    return {};
  }

  Result<void> fetch_checkpoint() {
    const auto note = host_.fetch({.path = "/log/checkpoint", .bytes_max = kFetchedMax});
    if (!note) return std::unexpected(note.error());
    const auto checkpoint = open_checkpoint(note->body, *key_);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    head_ = checkpoint->head;
    note_ = note->body;
    done.log_entries = head_.size;
    return {};
  }

  // Those that the folder has stay, and new ones are added behind them.
  Result<void> fetch_entries() {
    entries_ = std::string(kShownEntriesHead);
    if (std::filesystem::exists(folder_.entries())) {
      auto known = registry::read_small_file(folder_.entries(), kFetchedEntriesMax);
      if (!known) return std::unexpected(known.error());
      entries_ = std::move(*known);
    }
    if (auto walked = walk([this](const ShownEntry&) { return ++done.entries, Result<void>(); }); !walked)
      return walked;
    for (bool goes_on = true; goes_on;) {
      const auto page = host_.ask({.path = fmt::format("/v1/publishers/{}/log?after={}&limit={}",
                                                       client::escape(publisher_), done.entries, kPage)});
      if (!page) return std::unexpected(page.error());
      if (!page->contains("items")) return failure(Code::internal, "client.answer", "the answer has no list of items");
      goes_on = page->contains("next");
      for (const Json& item : (*page)["items"]) {
        std::string half;
        const auto shown = shown_in(item, half);
        if (!shown) return std::unexpected(shown.error());
        if (shown->number >= head_.size) return {};  // newer than the checkpoint: the next time
        append_shown(entries_, *shown);
        ++done.entries, ++done.new_entries;
      }
    }
    return {};
  }

  // Whatever the check of entries, older checkpoints and statements reads is fetched for it.
  Result<void> fetch_tiles() {
    auto log = LogCheck::open(head_, [this](const TilePlace& place) { return tile(place); });
    if (!log) return std::unexpected(log.error());
    auto older = folder_.older_checkpoints();
    if (!older) return std::unexpected(older.error());
    if (std::filesystem::exists(folder_.checkpoint())) {
      auto last = registry::read_small_file(folder_.checkpoint(), kFetchedMax);
      if (!last) return std::unexpected(last.error());
      older->push_back(std::move(*last));
    }
    for (const std::string& note : *older) {
      const auto checkpoint = open_checkpoint(note, *key_);
      if (!checkpoint) return std::unexpected(checkpoint.error());
      if (auto goes_on = log->check_goes_on_from(checkpoint->head); !goes_on) return goes_on;
    }
    const auto statements = folder_.read_statements();
    if (!statements) return std::unexpected(statements.error());
    for (const licensing::Statement& statement : *statements)
      if (auto goes_on = log->check_goes_on_from(statement.head); !goes_on) return goes_on;
    return walk([&](const ShownEntry& shown) -> Result<void> {
      if (auto in_log = log->check_leaf({leaf_of(shown), shown.number}); !in_log) return in_log;
      const auto entry = decode_public(shown.public_half);
      if (!entry) return std::unexpected(entry.error());
      if (entry->usage && entry->usage->model.starts_with(publisher_ + '/')) {
        price_names_.insert(entry->usage->price);
        agreement_names_.insert(entry->usage->agreement);
      }
      return {};
    });
  }

  // The last one first goes among the older: then nothing of what was seen is lost, wherever this ends.
  Result<void> keep() {
    if (std::filesystem::exists(folder_.checkpoint())) {
      const auto last = registry::read_small_file(folder_.checkpoint(), kFetchedMax);
      if (!last) return std::unexpected(last.error());
      const auto checkpoint = open_checkpoint(*last, *key_);
      if (!checkpoint) return std::unexpected(checkpoint.error());
      if (auto kept = keep_file(folder_.checkpoints() / fmt::format("{:020}", checkpoint->head.size), *last); !kept)
        return kept;
    }
    if (auto kept = keep_file(folder_.entries(), entries_); !kept) return kept;
    return keep_file(folder_.checkpoint(), note_);
  }

  // Of a version that is there nothing is asked: it never changes.
  Result<void> fetch_prices() {
    for (const std::string& name : price_names_) {
      const auto [id, version, file] = parts_of(name);
      const auto path = folder_.prices() / (file + ".json");
      ++done.prices;
      if (std::filesystem::exists(path)) continue;
      const auto all = host_.ask({.path = "/v1/prices/" + client::escape(id) + "/versions"});
      if (!all) return std::unexpected(all.error());
      if (!all->contains("items")) return failure(Code::internal, "client.answer", "the answer has no list of items");
      for (const Json& one : (*all)["items"]) {
        if (!one.contains("version") || one["version"].dump() != version) continue;
        // The document's own members, in the order of the canonical form.
        nlohmann::json list = one;
        for (const char* const beside : {"state", "begins", "ends", "created", "made_by"}) list.erase(beside);
        if (auto kept = keep_file(path, list.dump()); !kept) return kept;
      }
    }
    return {};
  }

  Result<void> fetch_agreements() {
    for (const std::string& name : agreement_names_) {
      const auto [id, version, file] = parts_of(name);
      const auto path = folder_.agreements() / (file + ".json");
      ++done.agreements;
      if (std::filesystem::exists(path)) continue;
      const auto bundle =
          host_.ask({.path = "/v1/agreements/" + client::escape(id) + "/document?version=" + client::escape(version)});
      if (!bundle) return std::unexpected(bundle.error());
      if (!bundle->contains("document") || !(*bundle)["document"].is_string())
        return failure(Code::internal, "client.answer", "the answer has no document");
      for (const Json& one : bundle->value("signatures", Json::array())) {
        std::string party = one.value("party", "");
        std::ranges::replace(party, '/', '.');
        const std::string signature = one.value("file", "");
        if (auto kept = keep_file(folder_.agreements() / (file + '.' + party + ".stoa-signature"), signature); !kept)
          return kept;
      }
      if (auto kept = keep_file(path, (*bundle)["document"].get<std::string>()); !kept) return kept;
    }
    return {};
  }

  // A host that closes no months has none.
  Result<void> fetch_statements() {
    const std::string path = "/v1/publishers/" + client::escape(publisher_) + "/statements";
    const auto all = ask_all(host_, path);
    if (!all) {
      const bool has_none = all.error().code == Code::not_found || all.error().code == Code::unimplemented;
      return has_none ? Result<void>() : std::unexpected(all.error());
    }
    for (const Json& one : (*all)["items"]) {
      const std::string number = member_text(one, "number");
      const auto file = folder_.statements() / (fmt::format("{:0>8}", number) + ".txt");
      ++done.statements;
      if (std::filesystem::exists(file)) continue;
      const auto note = host_.ask({.path = path + '/' + client::escape(number) + "?form=note"});
      if (!note) return std::unexpected(note.error());
      if (auto kept = keep_file(file, note->value("text", "")); !kept) return kept;
    }
    return {};
  }

  Fetched done;

 private:
  struct Parts {
    std::string id, version, file;
  };
  // "pri_1/3"
  static Parts parts_of(const std::string& name) {
    const std::size_t slash = name.find('/');
    const std::string id = name.substr(0, slash), version = slash == name.npos ? "" : name.substr(slash + 1);
    std::string file = id + '-' + version;
    std::ranges::replace_if(file, [](unsigned char c) { return !std::isalnum(c) && c != '_' && c != '-'; }, '_');
    return {id, version, file};
  }
  template <class Visit>
  Result<void> walk(const Visit& visit) {
    auto rest = shown_entries_in(entries_);
    if (!rest) return std::unexpected(rest.error());
    while (!rest->empty()) {
      const auto shown = take_shown(*rest);
      if (!shown) return std::unexpected(shown.error());
      if (auto visited = visit(*shown); !visited) return visited;
    }
    return {};
  }
  Result<std::string> tile(const TilePlace& place) {
    auto known = folder_.tiles()(place);
    if (known || known.error().code != Code::not_found) return known;
    auto fetched = host_.fetch({.path = "/log/" + path_of(place), .bytes_max = kFetchedMax});
    if (!fetched) return std::unexpected(fetched.error());
    ++done.tiles;
    if (auto kept = keep_file(folder_.path / path_of(place), fetched->body); !kept)
      return std::unexpected(kept.error());
    return std::move(fetched->body);
  }

  HttpClient& host_;
  const std::string publisher_;
  const AuditFolder& folder_;
  std::optional<NoteVerifier> key_;
  TreeHead head_;
  std::string note_, entries_;
  std::set<std::string> price_names_, agreement_names_;
};

}  // namespace

Result<Fetched> fetch_audit(HttpClient& host, const std::string& publisher, const AuditFolder& folder,
                            const std::string& log_key) {
  Fetch fetch(host, publisher, folder);
  if (auto pinned = fetch.pin_key(log_key); !pinned) return std::unexpected(pinned.error());
  // Statements first: no checkpoint after them is older than what they go on from.
  for (const auto step : {&Fetch::fetch_statements, &Fetch::fetch_checkpoint, &Fetch::fetch_entries,
                          &Fetch::fetch_tiles, &Fetch::keep, &Fetch::fetch_prices, &Fetch::fetch_agreements})
    if (auto taken = (fetch.*step)(); !taken) return std::unexpected(taken.error());
  return fetch.done;
}

}  // namespace stoa::cli

// resolution_index.hpp: what every name of the catalogue means, in memory: an immutable index and how the next one is
// made. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/package/manifest.hpp"
#include "registry/resolve/machine.hpp"
#include "registry/resolve/model_reference.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// What a release's state, and its plugin's, mean to who asks (registry/README.md, "States"). delisted: a published or
// deprecated one of a delisted plugin; withheld: every state that is not here.
enum class Availability : std::uint8_t { published, deprecated, delisted, yanked, revoked, withheld };

struct IndexedRelease {
  std::string id;  // the catalogue's; opaque here
  std::string version;
  std::vector<std::string> models;  // "acme/classify"
  Availability availability = Availability::published;
  std::int64_t cool_until_ms = 0;  // Unix time; until then only who names the release, itself or by an alias, gets it
  // Only what they need of a machine is read. Shared, because most releases of a plugin need the same.
  std::shared_ptr<const std::vector<PlatformDeclaration>> platforms;
  bool is_on_trial = false;  // until its roll-out ends nobody gets it either who does not name it
};

struct IndexedTarget {
  std::string version;
  std::uint32_t ppm = 1'000'000;  // of the alias's traffic
};
struct IndexedAlias {
  std::string model, alias;
  std::vector<IndexedTarget> targets;  // together 1,000,000 ppm; empty: the alias is gone
};

// Who asks, and when.
struct Asker {
  const Machine* machine = nullptr;  // nullptr: any machine will do, and Resolution::platform says nothing
  std::int64_t now_ms = 0;
  std::uint32_t share_ppm = 0;  // 0 to 999,999: the place in an alias's traffic; of a customer, or of a die
};

struct Resolution {
  std::string release;       // its id
  std::string version;       // without build metadata
  std::size_t platform = 0;  // which of the release's platforms suits the machine best
  bool is_deprecated = false;
};

// Invariant: never changes. Any thread; resolve does no I/O and takes no lock.
class ResolutionIndex {
 public:
  class Edit;

  ResolutionIndex();  // of nothing
  ~ResolutionIndex();

  // The release that answers. The one that is named or that the alias points at, a yanked one, too; else the highest
  // that fits the machine and has cooled down, published before deprecated ones; without a version no pre-release,
  // unless the model has nothing else. Errors, each with what is there instead:
  //   not_found            model.unknown, version.unknown, alias.unknown, range.unmatched (with the nearest versions)
  //   failed_precondition  release.delisted and release.yanked (there is nothing else), release.revoked,
  //                        release.on_trial, release.cooling, alias.target (points at what is not there)
  //   unimplemented        platform.none (with what is offered, and what each lacks)
  Result<Resolution> resolve(const ModelReference& reference, const Asker& asker) const;

  std::size_t model_count() const;

 private:
  struct Facts;
  struct Row;
  struct Target;
  struct Model;
  class Question;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Models = std::unordered_map<std::string, std::shared_ptr<const Model>, TextHash, std::equal_to<>>;
  // A change copies the shards it touches and shares the others. 256: a shard of 20,000 models is copied in some 10 us.
  static constexpr std::size_t kShards = 256;

  static std::size_t shard_of(std::string_view model) { return TextHash()(model) % kShards; }
  const Model* find(std::string_view model) const;

  // Shared: indexes that follow one another, and readers of the older ones, hold the same shards, models and rows.
  std::array<std::shared_ptr<const Models>, kShards> shards_;
};

// The next index: the one it starts from with some releases and aliases put in. One thread. What it does not touch, the
// next index shares with the one before.
class ResolutionIndex::Edit {
 public:
  explicit Edit(std::shared_ptr<const ResolutionIndex> from);  // an empty one: ResolutionIndex()
  ~Edit();
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;

  // In place of what has its id; withheld takes it out. Errors: invalid_argument "version.syntax"; already_exists
  // "index.conflict": another release offers this version of a model (what is withheld has to be put before what
  // follows it). After an error the edit is of
  // no use. Many are put fastest plugin by plugin: 500,000 in 0.2 s, in no order in 1 s.
  Result<void> put(const IndexedRelease& release);
  // In place of the alias of that name. Error: invalid_argument "version.syntax".
  Result<void> put(const IndexedAlias& alias);

  // All of a model, as if nothing of it had ever been put.
  void forget(std::string_view model);

  std::shared_ptr<const ResolutionIndex> finish();  // once

 private:
  Model& open(std::string_view model);

  std::shared_ptr<const ResolutionIndex> from_;
  std::unordered_map<std::string, std::shared_ptr<Model>, TextHash, std::equal_to<>> open_;
};

// The index of now, for many readers and one writer.
class CurrentIndex {
 public:
  CurrentIndex() : index_(std::make_shared<const ResolutionIndex>()) {}

  std::shared_ptr<const ResolutionIndex> get() const {
    const std::lock_guard lock(mutex_);
    return index_;
  }
  void set(std::shared_ptr<const ResolutionIndex> next) {
    {
      const std::lock_guard lock(mutex_);
      index_.swap(next);
    }
    // Here and outside the lock goes what only the index before held.
  }

 private:
  // Held for one copy of a pointer; why not std::atomic<std::shared_ptr>: inference::Catalog.
  mutable std::mutex mutex_;
  std::shared_ptr<const ResolutionIndex> index_;  // Lock: mutex_
};

}  // namespace stoa::registry

// search_index.hpp: every model that is shown, in memory, and how one finds some of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/checks/licence_policy.hpp"
#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// A model as a list shows it: what its newest release says of itself.
struct SearchEntry {
  std::string model, plugin;  // "acme/classify", "acme/vision"
  std::string task, description;
  std::vector<std::string> inputs, outputs;  // modalities_of()
  std::string licence_code, licence_weights;
  std::vector<std::string> meters;
  std::vector<PriceDeclaration> prices;
  bool is_streaming = false;
  std::string release, version;  // the newest one: its id, "1.2.0"
  bool is_deprecated = false;
  std::int64_t published_ms = 0;
  std::size_t versions = 0;  // that are shown

  std::string_view publisher() const { return std::string_view(model).substr(0, model.find('/')); }
};

// What goes in or comes out: "text", "image", "audio", "video", "json", "tensor", "bytes". By the ports' kinds and
// media types, so that nobody can claim another.
std::vector<std::string> modalities_of(const std::vector<PortDeclaration>& ports);
bool is_modality(std::string_view word);

// Precondition: model is one of the manifest's.
SearchEntry entry_of(const Manifest& manifest, const ModelDeclaration& model);

enum class SearchOrder : std::uint8_t { name, newest };

// At most this for one of what the meter counts. Of a model without prices nothing is known, and it is not found.
struct PriceLimit {
  std::string currency, meter;  // meter empty: each of its prices in the currency; is_free: currency may be empty
  std::uint64_t nano_max = 0;
};

struct SearchQuery {
  std::string text = {};  // its words, each somewhere in name, plugin, task or description; ASCII letters in any case
  std::string publisher = {}, task = {}, input = {}, output = {}, modality = {};  // modality: in or out; empty: any
  std::optional<LicenceRules> code = {}, weights = {};  // what the expression comes to must be allowed
  std::optional<PriceLimit> price = {};
  bool takes_deprecated = true;
  SearchOrder order = SearchOrder::name;
  std::string after = {};  // a cursor: SearchPage::next
  std::size_t most = 50;
};

struct SearchPage {
  std::vector<std::shared_ptr<const SearchEntry>> entries;
  std::string next;  // empty on the last page
};

// Invariant: never changes. Any thread; find does no I/O and takes no lock. Pages stay true while entries come and go:
// a cursor is a place in the order, and no number.
class SearchIndex {
 public:
  using Entries = std::vector<std::shared_ptr<const SearchEntry>>;

  SearchIndex() = default;
  explicit SearchIndex(Entries entries);

  // Error: invalid_argument "catalogue.cursor": no place in this order.
  Result<SearchPage> find(const SearchQuery& query) const;
  // This one with all models of some plugins replaced.
  SearchIndex with(const std::vector<std::string>& plugins, const Entries& entries) const;
  std::size_t size() const { return by_name_.size(); }
  Entries entries() const;  // by name

 private:
  // Which runs of three letters a text may have: a word that has another one is not in it.
  using Letters = std::array<std::uint64_t, 8>;
  // Words of which there are few, each with a number.
  struct Words {
    std::vector<std::string> words;
    std::unordered_map<std::string, std::uint32_t> places;
    std::uint32_t place(const std::string& word);
  };
  // Beside the entry what find looks at first: nearly every row is passed over without a look at anything else.
  struct Row {
    Letters letters{};
    std::uint32_t code = 0, weights = 0, task = 0, publisher = 0;  // places
    std::uint8_t inputs = 0, outputs = 0;                          // modalities, a bit each
    bool is_deprecated = false;
    std::shared_ptr<const SearchEntry> entry;
    std::shared_ptr<const std::string> text;  // what words are looked for in, in lower case
  };
  using Rows = std::vector<Row>;
  class Match;

  static const std::string& model_of(const Row& row) { return row.entry->model; }
  void order_by_time();
  Row row_of(std::shared_ptr<const SearchEntry> entry);
  static void add_letters(std::string_view text, Letters& letters);

  Rows by_name_;
  std::vector<std::uint32_t> by_newest_;  // places in by_name_
  Words licences_, tasks_, publishers_;
};

}  // namespace stoa::registry

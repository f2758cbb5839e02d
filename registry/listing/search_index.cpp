// search_index.cpp: a walk over all rows of an order, from a cursor on. 20,000 models are 5 MB of text and as much
// beside it; a row itself is two cache lines, in which numbers stand for facts and 512 bits for the text's runs of
// three letters. Postings of runs were rejected: the walk over rows is a tenth of a millisecond, and postings would
// have to be made anew for each change. SPDX-License-Identifier: Apache-2.0
#include "registry/listing/search_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace stoa::registry {
namespace {

constexpr std::string_view kModalities[] = {"audio", "bytes", "image", "json", "tensor", "text", "video"};
constexpr std::size_t kWordsMax = 16;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size() && words.size() < kWordsMax;) {
    const std::size_t end = std::min(text.size(), text.find_first_of(" \t\r\n", at));
    if (end > at) words.push_back(lower(text.substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

std::uint8_t bits_of(const std::vector<std::string>& modalities) {
  std::uint8_t bits = 0;
  for (std::size_t i = 0; i < std::size(kModalities); ++i)
    if (std::ranges::find(modalities, kModalities[i]) != modalities.end()) bits |= static_cast<std::uint8_t>(1U << i);
  return bits;
}

bool is_within(const PriceDeclaration& price, std::uint64_t nano_max) {
  // Both factors are below 2^50 and 2^30: no overflow, whatever a manifest or a query says.
  return static_cast<unsigned __int128>(price.nano) <= static_cast<unsigned __int128>(nano_max) * price.per;
}

bool is_within(const SearchEntry& entry, const PriceLimit& limit) {
  bool is_known = false;
  for (const PriceDeclaration& price : entry.prices) {
    if (!limit.currency.empty() && price.currency != limit.currency) continue;
    if (!limit.meter.empty() && price.meter != limit.meter) continue;
    if (!is_within(price, limit.nano_max)) return false;
    is_known = true;
  }
  return is_known;
}

// A cursor: hexadecimal digits of "n:<model>" or "t:<published_ms>:<model>".
std::string to_cursor(SearchOrder order, const SearchEntry& entry) {
  const std::string place =
      order == SearchOrder::name ? "n:" + entry.model : fmt::format("t:{}:{}", entry.published_ms, entry.model);
  std::string cursor;
  for (const char c : place) cursor += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return cursor;
}

struct Place {
  std::int64_t published_ms = 0;
  std::string model;
};

std::optional<Place> parse_cursor(SearchOrder order, std::string_view cursor) {
  std::string text;
  for (std::size_t i = 0; i + 1 < cursor.size(); i += 2) {
    unsigned value = 0;
    const auto [end, bad] = std::from_chars(cursor.data() + i, cursor.data() + i + 2, value, 16);
    if (bad != std::errc() || end != cursor.data() + i + 2) return std::nullopt;
    text += static_cast<char>(value);
  }
  if (cursor.size() % 2 != 0 || !text.starts_with(order == SearchOrder::name ? "n:" : "t:")) return std::nullopt;
  Place place{0, text.substr(2)};
  if (order == SearchOrder::name) return place;
  const auto [end, bad] =
      std::from_chars(place.model.data(), place.model.data() + place.model.size(), place.published_ms);
  if (bad != std::errc() || end == place.model.data() + place.model.size() || *end != ':') return std::nullopt;
  place.model.erase(0, static_cast<std::size_t>(end - place.model.data()) + 1);
  return place;
}

// A modality by a media type's first word; the rest is bytes.
std::string modality_of(std::string_view media_type) {
  const std::string kind(media_type.substr(0, media_type.find('/')));
  if (kind == "image" || kind == "audio" || kind == "video" || kind == "text") return kind;
  return media_type.starts_with("application/json") ? "json" : "bytes";
}

}  // namespace

std::vector<std::string> modalities_of(const std::vector<PortDeclaration>& ports) {
  std::set<std::string> found;
  for (const PortDeclaration& port : ports) {
    if (port.kind == "tensor" || port.kind == "json" || port.kind == "text") found.insert(port.kind);
    if (port.kind == "text") continue;
    for (const std::string& type : port.media_types) found.insert(modality_of(type));
    if (port.kind == "bytes" && port.media_types.empty()) found.insert("bytes");
  }
  return {found.begin(), found.end()};
}

bool is_modality(std::string_view word) { return std::ranges::find(kModalities, word) != std::end(kModalities); }

SearchEntry entry_of(const Manifest& manifest, const ModelDeclaration& model) {
  SearchEntry entry;
  entry.model = manifest.publisher + "/" + model.name;
  entry.plugin = manifest.id();
  entry.task = model.task;
  entry.description = model.description.empty() ? manifest.description : model.description;
  entry.inputs = modalities_of(model.inputs);
  entry.outputs = modalities_of(model.outputs);
  entry.licence_code = manifest.licence_code;
  entry.licence_weights = manifest.licence_weights;
  entry.meters = model.meters;
  entry.prices = model.prices;
  entry.is_streaming = model.is_streaming;
  entry.version = manifest.version;
  return entry;
}

// A query, read once for all rows. Licences are judged once for each expression.
class SearchIndex::Match {
 public:
  Match(const SearchIndex& index, const SearchQuery& query)
      : query_(query),
        words_(words_of(query.text)),
        code_(verdicts(index, query.code)),
        weights_(verdicts(index, query.weights)),
        task_(place_in(index.tasks_, query.task)),
        publisher_(place_in(index.publishers_, query.publisher)),
        input_(bits(query.input)),
        output_(bits(query.output)),
        modality_(bits(query.modality)) {
    for (const std::string& word : words_) add_letters(word, letters_);
  }

  bool operator()(const Row& row) const {
    if (!query_.publisher.empty() && row.publisher != publisher_) return false;
    if (!query_.task.empty() && row.task != task_) return false;
    if (!query_.takes_deprecated && row.is_deprecated) return false;
    if (!query_.input.empty() && (row.inputs & input_) == 0) return false;
    if (!query_.output.empty() && (row.outputs & output_) == 0) return false;
    if (!query_.modality.empty() && ((row.inputs | row.outputs) & modality_) == 0) return false;
    if (!code_.empty() && !code_[row.code]) return false;
    if (!weights_.empty() && !weights_[row.weights]) return false;
    for (std::size_t i = 0; i < letters_.size(); ++i)
      if ((letters_[i] & ~row.letters[i]) != 0) return false;
    if (query_.price && !is_within(*row.entry, *query_.price)) return false;
    return std::ranges::all_of(words_, [&](const std::string& word) { return row.text->find(word) != row.text->npos; });
  }

 private:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;  // no row has it

  static std::vector<bool> verdicts(const SearchIndex& index, const std::optional<LicenceRules>& rules) {
    std::vector<bool> good;
    if (rules)
      for (const std::string& expression : index.licences_.words)
        good.push_back(rules->evaluate(expression).rule == LicenceRule::allowed);
    return good;
  }
  static std::uint32_t place_in(const Words& words, const std::string& word) {
    const auto at = words.places.find(word);
    return at == words.places.end() ? kNowhere : at->second;
  }
  static std::uint8_t bits(const std::string& modality) { return bits_of({modality}); }

  const SearchQuery& query_;
  const std::vector<std::string> words_;
  const std::vector<bool> code_, weights_;  // by the place of the expression; empty: any will do
  const std::uint32_t task_, publisher_;
  const std::uint8_t input_, output_, modality_;
  Letters letters_{};
};

SearchIndex::SearchIndex(Entries entries) {
  by_name_.reserve(entries.size());
  for (auto& entry : entries) by_name_.push_back(row_of(std::move(entry)));
  std::ranges::sort(by_name_, {}, model_of);
  order_by_time();
}

std::uint32_t SearchIndex::Words::place(const std::string& word) {
  const auto [at, is_new] = places.emplace(word, static_cast<std::uint32_t>(words.size()));
  if (is_new) words.push_back(word);
  return at->second;
}

// A third of the bits of a text of 250 letters: of ten rows without a word of five, one in thirty is looked into.
void SearchIndex::add_letters(std::string_view text, Letters& letters) {
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    std::uint32_t run = 0;
    for (std::size_t j = 0; j < 3; ++j) run = run << 8 | static_cast<std::uint8_t>(text[i + j]);
    const std::uint32_t bit = run * 2'654'435'761U >> 23;  // Knuth's multiplicative hash, 9 bits of it
    letters[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
}

SearchIndex::Row SearchIndex::row_of(std::shared_ptr<const SearchEntry> entry) {
  Row row;
  // Line feeds between them: no word reaches from one into the next.
  auto text = std::make_shared<const std::string>(
      lower(fmt::format("{}\n{}\n{}\n{}", entry->model, entry->plugin, entry->task, entry->description)));
  add_letters(*text, row.letters);
  row.text = std::move(text);
  row.code = licences_.place(entry->licence_code);
  row.weights = licences_.place(entry->licence_weights);
  row.task = tasks_.place(entry->task);
  row.publisher = publishers_.place(std::string(entry->publisher()));
  row.inputs = bits_of(entry->inputs);
  row.outputs = bits_of(entry->outputs);
  row.is_deprecated = entry->is_deprecated;
  row.entry = std::move(entry);
  return row;
}

void SearchIndex::order_by_time() {
  // Side by side: sorting rows would look at an entry elsewhere in memory for each comparison.
  std::vector<std::pair<std::int64_t, std::uint32_t>> times;
  times.reserve(by_name_.size());
  for (const Row& row : by_name_)
    times.emplace_back(-row.entry->published_ms, static_cast<std::uint32_t>(times.size()));
  std::ranges::sort(times);
  by_newest_.reserve(times.size());
  for (const auto& [unused, at] : times) by_newest_.push_back(at);
}

SearchIndex SearchIndex::with(const std::vector<std::string>& plugins, const Entries& entries) const {
  SearchIndex next;
  next.licences_ = licences_;
  next.tasks_ = tasks_;
  next.publishers_ = publishers_;
  Rows added;
  for (const auto& entry : entries) added.push_back(next.row_of(entry));
  std::ranges::sort(added, {}, model_of);
  // Merged, not sorted: what stays is in order already, and is nearly everything.
  next.by_name_.reserve(by_name_.size() + added.size());
  const std::set<std::string_view> replaced(plugins.begin(), plugins.end());
  auto first = added.begin();
  for (const Row& row : by_name_) {
    if (replaced.contains(row.entry->plugin)) continue;
    while (first != added.end() && model_of(*first) < model_of(row)) next.by_name_.push_back(std::move(*first++));
    next.by_name_.push_back(row);
  }
  next.by_name_.insert(next.by_name_.end(), std::make_move_iterator(first), std::make_move_iterator(added.end()));
  next.order_by_time();
  return next;
}

SearchIndex::Entries SearchIndex::entries() const {
  Entries entries;
  entries.reserve(by_name_.size());
  for (const Row& row : by_name_) entries.push_back(row.entry);
  return entries;
}

Result<SearchPage> SearchIndex::find(const SearchQuery& query) const {
  const bool is_by_name = query.order == SearchOrder::name;
  const auto row_at = [&](std::size_t i) -> const Row& { return by_name_[is_by_name ? i : by_newest_[i]]; };
  std::size_t at = 0;
  if (!query.after.empty()) {
    const auto place = parse_cursor(query.order, query.after);
    if (!place)
      return failure(Code::invalid_argument, "catalogue.cursor",
                     "after: is no cursor of this order, want the 'next' of the page before");
    // The first row behind the place, whether the row that was there still is or not.
    std::size_t behind = by_name_.size();
    while (at < behind) {
      const std::size_t middle = at + (behind - at) / 2;
      const SearchEntry& entry = *row_at(middle).entry;
      const bool is_behind = !is_by_name && entry.published_ms != place->published_ms
                                 ? entry.published_ms < place->published_ms
                                 : entry.model > place->model;
      (is_behind ? behind : at) = is_behind ? middle : middle + 1;
    }
  }
  std::size_t end = by_name_.size();
  if (is_by_name && !query.publisher.empty()) {  // its models lie together
    const std::string prefix = query.publisher + '/';
    const auto first = std::ranges::lower_bound(by_name_, prefix, {}, model_of);
    const auto last = std::ranges::partition_point(
        first, by_name_.end(), [&](const Row& row) { return row.entry->model.starts_with(prefix); });
    at = std::max(at, static_cast<std::size_t>(first - by_name_.begin()));
    end = static_cast<std::size_t>(last - by_name_.begin());
  }
  SearchPage page;
  const Match matches(*this, query);
  for (; at < end; ++at) {
    const Row& row = row_at(at);
    if (!matches(row)) continue;
    if (page.entries.size() == query.most) {
      page.next = to_cursor(query.order, *page.entries.back());
      break;
    }
    page.entries.push_back(row.entry);
  }
  return page;
}

}  // namespace stoa::registry

// plain_request.cpp: a scanner that gives up at the first thing it does not know.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/plain_request.hpp"

#include <cstring>

#include "host/api/plain_ascii.hpp"
#include "host/api/v2_json_data.hpp"
#include "host/api/v2_json_reader.hpp"

namespace stoa::api {
namespace {

constexpr int kExtentDigitsMax = 18;     // below 2^63
constexpr std::size_t kEntriesMax = 16;  // more of them are looked through for duplicates by the walk

// What an object may hold: each key once.
enum Key : unsigned {
  kNone = 0,
  kId = 1,
  kInputs = 2,
  kOutputs = 4,
  kName = 8,
  kDatatype = 16,
  kShape = 32,
  kData = 64
};

// Of a length that both have: a comparison in registers.
template <std::size_t Bytes>
bool is_key(const char* text, const char (&key)[Bytes]) {
  return std::memcmp(text, key, Bytes - 1) == 0;
}

Key key_of(std::string_view key) {
  const char* const text = key.data();
  switch (key.size()) {
    case 2:
      return is_key(text, "id") ? kId : kNone;
    case 4:
      return is_key(text, "name") ? kName : is_key(text, "data") ? kData : kNone;
    case 5:
      return is_key(text, "shape") ? kShape : kNone;
    case 6:
      return is_key(text, "inputs") ? kInputs : kNone;
    case 7:
      return is_key(text, "outputs") ? kOutputs : kNone;
    case 8:
      return is_key(text, "datatype") ? kDatatype : kNone;
    default:
      return kNone;
  }
}

// Every function says whether the text went on as it wants, and is then behind it.
class PlainText {
 public:
  explicit PlainText(const char* at) : at_(at) {}

  bool take(char wanted) {
    skip_space();
    if (*at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool is_end(const char* end) {
    skip_space();
    return at_ == end;
  }

  bool string(std::string_view& out) {
    if (!take('"')) return false;
    const char* const begin = at_;
    at_ = plain_ascii_end(begin);
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    return *at_++ == '"' && out.size() <= kNameBytesMax;
  }

  bool name(std::string& out) {
    std::string_view text;
    if (!string(text) || text.empty()) return false;
    out.assign(text);
    return true;
  }

  // Appends; "[]" is left to the walk.
  bool shape(std::vector<std::int64_t>& out) {
    if (!take('[')) return false;
    do {
      std::int64_t extent = 0;
      if (out.size() == kRankMax || !integer(extent)) return false;
      out.push_back(extent);
    } while (take(','));
    return take(']');
  }

  bool data(std::size_t text_bytes, V2Input& input) {
    if (!take('[')) return false;
    at_ = read_plain_data(at_ - 1, text_bytes, input);
    return at_ != nullptr;
  }

  // {"key":value,…}: on_field(key) reads the value.
  template <class OnField>
  bool object(unsigned known, unsigned required, OnField&& on_field) {
    if (!take('{')) return false;
    unsigned seen = 0;
    do {
      std::string_view text;
      if (!string(text) || !take(':')) return false;
      const Key key = key_of(text);
      if ((key & known) == 0 || (key & seen) != 0 || !on_field(key, seen)) return false;
      seen |= key;
    } while (take(','));
    return (seen & required) == required && take('}');
  }

  template <class OnEntry>
  bool array(OnEntry&& on_entry) {
    if (!take('[')) return false;
    std::size_t count = 0;
    do {
      if (count++ == kEntriesMax || !on_entry()) return false;
    } while (take(','));
    return take(']');
  }

 private:
  void skip_space() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
  }
  bool integer(std::int64_t& out) {
    skip_space();
    const char* const begin = at_;
    for (unsigned digit = 0; (digit = static_cast<unsigned char>(*at_ - '0')) < 10; ++at_) {
      if (at_ - begin == kExtentDigitsMax) return false;
      out = out * 10 + digit;
    }
    return at_ > begin && (*begin != '0' || at_ == begin + 1);
  }

  const char* at_;
};

bool read_input(PlainText& text, std::size_t text_bytes, std::uint64_t tensor_bytes_max, V2Input& input) {
  constexpr unsigned kBeforeData = kName | kDatatype | kShape;
  return text.object(kBeforeData | kData, kBeforeData | kData, [&](Key key, unsigned seen) {
    if (key == kName) return text.name(input.name);
    if (key == kShape) return text.shape(input.shape);
    if (key == kDatatype) {
      std::string_view name;
      if (!text.string(name)) return false;
      input.datatype = datatype_from_name(name);
      return input.datatype != DataType::invalid;
    }
    if ((seen & kBeforeData) != kBeforeData) return false;
    const auto elements = count_elements(input.shape, input.datatype, tensor_bytes_max, FieldPath(""));
    if (!elements || *elements == 0) return false;
    input.elements = *elements;
    input.has_data = true;
    return text.data(text_bytes, input);
  });
}

}  // namespace

bool read_plain_request(std::string_view json, std::uint64_t tensor_bytes_max, V2Request& request) {
  PlainText text(json.data());
  const bool is_read = text.object(kId | kInputs | kOutputs, kInputs, [&](Key key, unsigned) {
    if (key == kId) {
      std::string_view id;
      if (!text.string(id)) return false;
      request.id.emplace(id);
      return true;
    }
    if (key == kInputs)
      return text.array([&] { return read_input(text, json.size(), tensor_bytes_max, request.inputs.emplace_back()); });
    return text.array([&] {
      return text.object(kName, kName, [&](Key, unsigned) { return text.name(request.outputs.emplace_back().name); });
    });
  });
  return is_read && text.is_end(json.data() + json.size());
}

}  // namespace stoa::api

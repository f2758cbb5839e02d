// kept_answer.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/idempotency/kept_answer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "licensing/log/tile.hpp"

namespace stoa::licensing {
namespace {

constexpr std::uint8_t kFirst = 1, kMore = 2, kHasEntry = 1, kNotKept = 2;
constexpr std::size_t kHeadBytes = 2 + 2 + 8 + 32 + 32 + 3 * 4;

template <class Number>
void put(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <class Number>
Number get(std::string_view& in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) value |= std::uint64_t{static_cast<std::uint8_t>(in[i])} << (8 * i);
  in.remove_prefix(sizeof(Number));
  return static_cast<Number>(value);
}

Sha256 get_digest(std::string_view& in) {
  Sha256 digest{};
  std::copy_n(in.begin(), digest.size(), digest.begin());
  in.remove_prefix(digest.size());
  return digest;
}

std::unexpected<Error> bad_form(const char* why) {
  return failure(Code::data_loss, "idempotency.form", std::string("a kept answer: ") + why);
}

Result<std::string> fields_text(const KeptAnswer& answer) {
  std::string text;
  for (const auto& [name, value] : answer.fields) {
    if (name.contains('\0') || value.contains('\0'))
      return failure(Code::invalid_argument, "idempotency.answer_size", "field " + name + ": has a zero");
    text.append(name).append(1, '\0').append(value).append(1, '\0');
  }
  return text;
}

Result<void> read_fields(std::string_view text, KeptAnswer& answer) {
  while (!text.empty()) {
    std::string* const ends[] = {&answer.fields.emplace_back().first, &answer.fields.back().second};
    for (std::string* const end : ends) {
      const std::size_t size = text.find('\0');
      if (size == std::string_view::npos) return bad_form("a field has no end");
      end->assign(text.substr(0, size));
      text.remove_prefix(size + 1);
    }
  }
  return {};
}

}  // namespace

Sha256 call_key_of(std::string_view customer, std::string_view idempotency_key) {
  std::string text;
  text.reserve(customer.size() + 1 + idempotency_key.size());
  text.append(customer).append(1, '\0').append(idempotency_key);
  return registry::sha256_of(text);
}

Result<std::vector<std::string>> records_of(const KeptAnswer& answer) {
  auto fields = fields_text(answer);
  if (!fields) return std::unexpected(std::move(fields.error()));
  const auto is_long = [](std::size_t size) { return size > std::numeric_limits<std::uint32_t>::max(); };
  if (is_long(answer.body.size()) || is_long(fields->size()) || is_long(answer.content_type.size()))
    return failure(Code::invalid_argument, "idempotency.answer_size", "an answer of more than 4 GiB");
  std::string head;
  put(head, kFirst);
  put(head, static_cast<std::uint8_t>((answer.entry ? kHasEntry : 0) | (answer.is_kept ? 0 : kNotKept)));
  put(head, answer.status);
  put(head, answer.entry.value_or(0));
  head.append(answer.call_key.begin(), answer.call_key.end());
  head.append(answer.request.begin(), answer.request.end());
  const std::string_view texts[] = {answer.content_type, *fields, answer.body};
  for (const std::string_view text : texts) put(head, static_cast<std::uint32_t>(text.size()));
  std::vector<std::string> records(1, std::move(head));
  for (std::string_view text : texts) {
    while (!text.empty()) {
      if (records.back().size() == kEntryBytesMax) records.emplace_back(1, static_cast<char>(kMore));
      const std::size_t room = std::min(text.size(), kEntryBytesMax - records.back().size());
      records.back().append(text.substr(0, room));
      text.remove_prefix(room);
    }
  }
  return records;
}

Result<bool> AnswerReader::add(std::string_view record) {
  if (record.empty()) return bad_form("an empty record");
  if (static_cast<std::uint8_t>(record.front()) == kMore) {
    if (!is_begun_) return bad_form("it begins in its middle");
    bytes_ += record.substr(1);
  } else {
    if (static_cast<std::uint8_t>(record.front()) != kFirst) return bad_form("an unknown format");
    if (record.size() < kHeadBytes) return bad_form("it ends too early");
    record.remove_prefix(1);
    answer_ = {};
    const auto flags = get<std::uint8_t>(record);
    if (flags > (kHasEntry | kNotKept)) return bad_form("unknown flags");
    answer_.status = get<std::uint16_t>(record);
    const auto entry = get<std::uint64_t>(record);
    if (flags & kHasEntry) answer_.entry = entry;
    answer_.is_kept = !(flags & kNotKept);
    answer_.call_key = get_digest(record);
    answer_.request = get_digest(record);
    type_size_ = get<std::uint32_t>(record);
    fields_size_ = get<std::uint32_t>(record);
    body_size_ = get<std::uint32_t>(record);
    bytes_.assign(record);
    is_begun_ = true;
  }
  const std::size_t whole = type_size_ + fields_size_ + body_size_;
  if (bytes_.size() > whole) return bad_form("it does not end where it should");
  if (bytes_.size() < whole) return false;
  is_begun_ = false;
  answer_.content_type = bytes_.substr(0, type_size_);
  if (auto read = read_fields(std::string_view(bytes_).substr(type_size_, fields_size_), answer_); !read)
    return std::unexpected(std::move(read.error()));
  bytes_.erase(0, type_size_ + fields_size_);
  answer_.body = std::move(bytes_);
  bytes_.clear();
  return true;
}

}  // namespace stoa::licensing

// receipt_file.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/receipt_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/file.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::cli {
namespace {

using client::Json;

constexpr std::size_t kLogKeyMax = 4096;

// The members of one object; the first that is not as it should be is what is wrong.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}
  std::uint64_t number(const char* name) {
    const Json* const member = find(name);
    if (!member || !member->is_number_unsigned()) return refuse(name), 0;
    return member->get<std::uint64_t>();
  }
  std::string text(const char* name) {
    const Json* const member = find(name);
    if (!member || !member->is_string()) return refuse(name), std::string();
    return member->get<std::string>();
  }
  template <class Bytes>
  void hex(const char* name, Bytes& bytes) {
    if (!registry::read_hex(text(name), bytes)) refuse(name);
  }
  // {"bytes": base64, "salt": hex}
  void half(const char* name, std::string& half, licensing::Salt& salt) {
    const Json* const member = find(name);
    if (!member || !member->is_object()) return refuse(name);
    Fields inside(*member);
    auto bytes = registry::from_base64(inside.text("bytes"));
    inside.hex("salt", salt);
    if (!bytes || !inside.wrong_.empty()) return refuse(name);
    half = std::move(*bytes);
  }
  bool has(const char* name) const { return json_.is_object() && json_.contains(name); }
  void refuse(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  Result<void> end() const {
    if (wrong_.empty()) return {};
    return failure(Code::data_loss, "receipt.form", fmt::format("{}: is missing, or not what it should be", wrong_));
  }

 private:
  const Json* find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto member = json_.find(name);
    return member == json_.end() ? nullptr : &*member;
  }
  const Json& json_;
  std::string wrong_;
};

}  // namespace

Result<licensing::Receipt> receipt_in(const Json& json) {
  Fields fields(json);
  licensing::Receipt receipt;
  receipt.number = fields.number("number");
  fields.half("public", receipt.public_half, receipt.public_salt);
  fields.hex("private_commitment", receipt.private_commitment);
  if (fields.has("private")) {
    auto& hidden = receipt.private_part = licensing::Receipt::Private{{}, {}};
    fields.half("private", hidden->half, hidden->salt);
  }
  const std::string proof = fields.text("proof");
  if (auto end = fields.end(); !end) return std::unexpected(end.error());
  auto read = licensing::parse_proof(proof);
  if (!read) return std::unexpected(read.error());
  receipt.proof = std::move(*read);
  return receipt;
}

Result<licensing::ShownEntry> shown_in(const Json& json, std::string& half) {
  Fields fields(json);
  licensing::ShownEntry shown;
  shown.number = fields.number("number");
  const auto total = licensing::parse_amount(fields.text("total"));
  if (!total) fields.refuse("total");
  fields.half("public", half, shown.salt);
  fields.hex("private_commitment", shown.private_commitment);
  if (auto end = fields.end(); !end) return std::unexpected(end.error());
  shown.total = *total;
  shown.public_half = half;
  return shown;
}

Result<licensing::NoteVerifier> log_key_of(const std::string& text_or_file) {
  if (auto verifier = licensing::NoteVerifier::parse(text_or_file)) return verifier;
  auto text = registry::read_small_file(text_or_file, kLogKeyMax);
  if (!text) return std::unexpected(text.error());
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  return licensing::NoteVerifier::parse(*text);
}

}  // namespace stoa::cli

// evaluation_store.cpp: SQL of evaluations. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/evaluation_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kEvaluationColumns =
    "SELECT id, release, document, signature, said_by, key_id, public_key, is_publishers, outcomes_sha256, at_ms "
    "FROM evaluations ";

std::unexpected<Error> broken(std::string_view id, std::string_view why) {
  return failure(Code::data_loss, "evaluation.broken", fmt::format("evaluation {}: {}", id, why));
}

template <class Array>
bool fill(std::span<const std::byte> bytes, Array& array) {
  if (bytes.size() != array.size()) return false;
  std::ranges::transform(bytes, array.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  return true;
}

// Verified again: what lies in the file is no more believed than what comes over the network.
Result<EvaluationRecord> evaluation_of(const database::Rows& rows) {
  const std::string id(rows.text(0));
  std::string document(rows.text(2));
  auto evaluation = parse_evaluation(document);
  if (!evaluation) return broken(id, evaluation.error().message);
  Ed25519Point point{};
  SignatureEnvelope envelope{{std::string(rows.text(5))}, {}};
  if (!fill(rows.blob(6), point) || !fill(rows.blob(3), envelope.signature)) return broken(id, "its key is none");
  auto key = PublicKey::from_raw(point);
  if (!key) return broken(id, key.error().message);
  EvaluationRecord record{.id = {id},
                          .release = {std::string(rows.text(1))},
                          .opened = {std::move(*evaluation), std::move(document), std::move(envelope)},
                          .said_by = std::string(rows.text(4)),
                          .key = std::move(*key),
                          .is_publishers_key = rows.integer(7) != 0,
                          .has_outcomes = !rows.is_null(8),
                          .at_ms = rows.integer(9)};
  if (auto good = verify_evaluation(record.opened, record.key); !good) return broken(id, good.error().message);
  return record;
}

Result<std::vector<EvaluationRecord>> records_of(database::Rows rows) {
  std::vector<EvaluationRecord> records;
  while (rows.next()) {
    auto record = evaluation_of(rows);
    if (!record) return std::unexpected(record.error());
    records.push_back(std::move(*record));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

}  // namespace

Result<void> insert_evaluation(database::Connection& connection, const EvaluationRecord& record) {
  const Evaluation& evaluation = record.opened.evaluation;
  const Sha256 document = sha256_of(record.opened.document);
  auto known = connection.query("SELECT id FROM evaluations WHERE release = ? AND document_sha256 = ? AND said_by = ?",
                                record.release.text, document, record.said_by);
  if (known.next())
    return failure(Code::already_exists, "evaluation.exists",
                   fmt::format("{} has said this very thing: {}", record.said_by, known.text(0)));
  if (auto end = known.end(); !end) return end;
  return database::done(connection.run(
      "INSERT INTO evaluations(id, release, model, dataset_sha256, dataset_name, document, signature, at_ms, said_by, "
      "key_id, public_key, is_publishers, document_sha256) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      record.id.text, record.release.text, evaluation.model, evaluation.dataset.sha256, evaluation.dataset.name,
      record.opened.document, record.opened.envelope.signature, record.at_ms, record.said_by,
      record.opened.envelope.key_id.hex, record.key.raw(), static_cast<std::int64_t>(record.is_publishers_key),
      document));
}

Result<void> mark_outcomes(database::Connection& connection, const EvaluationId& id, const Sha256& outcomes) {
  return database::done(connection.run("UPDATE evaluations SET outcomes_sha256 = ? WHERE id = ?", outcomes, id.text));
}

Result<EvaluationRecord> read_evaluation(database::Connection& connection, const EvaluationId& id) {
  auto found = records_of(connection.query(std::string(kEvaluationColumns) + "WHERE id = ?", id.text));
  if (!found) return std::unexpected(found.error());
  if (found->empty())
    return failure(Code::not_found, "evaluation.unknown",
                   fmt::format("there is no evaluation '{}'", id.text.substr(0, 64)));
  return std::move(found->front());
}

Result<std::vector<EvaluationRecord>> read_evaluations(database::Connection& connection,
                                                       const EvaluationFilter& filter) {
  const auto most = static_cast<std::int64_t>(filter.most);
  const std::string all(kEvaluationColumns);
  if (filter.release)
    return records_of(connection.query(all + "WHERE release = ? AND id > ? ORDER BY id LIMIT ?", filter.release->text,
                                       filter.after, most));
  return records_of(connection.query(all + "WHERE dataset_sha256 = ? AND id > ? ORDER BY id LIMIT ?",
                                     filter.dataset.value_or(Sha256{}), filter.after, most));
}

Result<std::int64_t> count_evaluations(database::Connection& connection, const ReleaseId& release,
                                       std::string_view said_by) {
  auto rows =
      connection.query("SELECT count(*) FROM evaluations WHERE release = ? AND said_by = ?", release.text, said_by);
  const std::int64_t count = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return count;
}

Result<std::vector<Sha256>> read_outcome_digests(database::Connection& connection) {
  std::vector<Sha256> digests;
  auto rows = connection.query("SELECT outcomes_sha256 FROM evaluations WHERE outcomes_sha256 IS NOT NULL");
  while (rows.next()) digests.push_back(digest_in(rows, 0));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return digests;
}

}  // namespace stoa::registry

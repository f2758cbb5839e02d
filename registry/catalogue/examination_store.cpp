// examination_store.cpp: one query per thing that must not be found. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/examination_store.hpp"

#include <fmt/format.h>

namespace stoa::registry {
namespace {

struct Rule {
  const char* broken;  // the message, after what was found
  const char* search;  // one text per row that breaks the rule
};

// The actions are those of the acts, the states what each leads to.
constexpr Rule kRules[] = {
    {"is not in the state that its line of the audit log says",
     "SELECT r.id FROM releases r LEFT JOIN audit a ON a.line = r.audit_line AND a.subject = r.plugin || ' ' || "
     "r.version WHERE COALESCE(CASE a.action WHEN 'release.draft' THEN 'draft' WHEN 'release.submit' THEN 'submitted' "
     "WHEN 'release.check' THEN 'validating' WHEN 'release.publish' THEN 'published' WHEN 'release.restore' THEN "
     "'published' WHEN 'release.reject' THEN 'rejected' WHEN 'release.quarantine' THEN 'quarantined' WHEN "
     "'release.deprecate' THEN 'deprecated' WHEN 'release.yank' THEN 'yanked' WHEN 'release.revoke' THEN 'revoked' "
     "WHEN 'release.checked' THEN 'validating' END, '') <> r.state"},
    {"has another digest than the audit log says",
     "SELECT r.id FROM releases r WHERE NOT EXISTS(SELECT 1 FROM audit a WHERE a.subject = r.plugin || ' ' || "
     "r.version "
     "AND a.action = 'release.draft' AND a.detail = lower(hex(r.package_sha256)))"},
    {"is signed by another key than the audit log says",
     "SELECT r.id FROM releases r WHERE r.state <> 'draft' AND r.key_id <> '' AND NOT EXISTS(SELECT 1 FROM audit a "
     "WHERE "
     "a.subject = r.plugin || ' ' || r.version AND a.action = 'release.submit' AND a.detail = 'signed by ' || "
     "r.key_id)"},
    {"is in the audit log with a later step than its own",
     "SELECT r.id FROM releases r WHERE (r.state NOT IN ('draft', 'rejected') OR r.published_ms IS NOT NULL) AND "
     "EXISTS(SELECT 1 FROM audit a WHERE a.line > r.audit_line AND a.subject = r.plugin || ' ' || r.version AND "
     "a.action NOT IN ('release.draft', 'release.drop', 'metadata.hold', 'evaluation.attach', 'evaluation.outcomes'))"},
    {"is published in the audit log and is not there",
     "SELECT subject FROM audit WHERE action = 'release.publish' EXCEPT SELECT plugin || ' ' || version FROM releases "
     "WHERE published_ms IS NOT NULL"},
    {"was submitted without a manifest, facts or models",
     "SELECT r.id FROM releases r LEFT JOIN release_documents d ON d.release = r.id WHERE d.release IS NULL OR "
     "(r.state "
     "<> 'draft' AND (r.submitted_ms IS NULL OR r.facts IS NULL OR d.manifest = '' OR NOT EXISTS(SELECT 1 FROM "
     "release_models m WHERE m.release = r.id)))"},
    {"is out without having been checked and published",
     "SELECT id FROM releases WHERE state IN ('published', 'deprecated', 'yanked', 'revoked') AND (checked_ms IS NULL "
     "OR published_ms IS NULL OR cool_until_ms IS NULL)"},
    {"is served, and no key that counts has signed it",
     "SELECT r.id FROM releases r JOIN plugins p ON p.name = r.plugin WHERE r.state IN ('published', 'deprecated', "
     "'yanked') AND NOT EXISTS(SELECT 1 FROM publisher_keys k WHERE k.publisher = p.publisher AND k.key_id = r.key_id "
     "AND k.valid_from_ms <= r.submitted_ms AND COALESCE(k.valid_until_ms > r.submitted_ms, 1) AND "
     "COALESCE(k.revoked_from_ms > r.submitted_ms, 1))"},
    {"is a model of two plugins",
     "SELECT t.model FROM model_texts t JOIN release_models m ON m.text = t.id JOIN releases r ON r.id = m.release "
     "WHERE r.state NOT IN ('draft', "
     "'rejected', 'revoked') GROUP BY t.model HAVING COUNT(DISTINCT r.plugin) > 1"},
    {"is no number of alias steps that the audit log tells of",
     "SELECT s.steps FROM (SELECT COUNT(*) AS steps FROM alias_steps) s WHERE s.steps <> (SELECT COUNT(*) FROM audit "
     "WHERE action IN ('alias.move', 'alias.approve'))"},
    {"is under way with a release that nobody may be given",
     "SELECT o.id FROM rollouts o WHERE o.state IN ('running', 'paused') AND NOT EXISTS(SELECT 1 FROM model_texts t "
     "JOIN "
     "release_models m ON m.text = t.id JOIN releases r ON r.id = m.release WHERE t.model = o.model AND r.version = "
     "CASE o.shadow_version WHEN '' THEN o.version ELSE o.shadow_version END AND r.state IN ('published', "
     "'deprecated'))"},
    {"is a model with other roll-outs than the audit log tells of",
     "SELECT model FROM (SELECT model, COUNT(*) AS rollouts FROM rollouts GROUP BY model) s WHERE s.rollouts <> "
     "(SELECT "
     "COUNT(*) FROM audit WHERE action = 'rollout.start' AND subject = s.model)"},
    {"is a roll-out of the audit log that is not there",
     "SELECT subject FROM audit WHERE action = 'rollout.start' EXCEPT SELECT model FROM rollouts"},
    {"is a verdict that the audit log does not tell of",
     "SELECT v.model || ' ' || v.version FROM verdicts v WHERE NOT EXISTS(SELECT 1 FROM audit a WHERE a.subject = "
     "v.model "
     "AND a.at_ms = v.at_ms AND a.actor = v.actor AND a.action IN ('rollout.rollback', 'rollout.rolled_back', "
     "'rollout.failed'))"},
    {"is a model with other forgiven verdicts than the audit log tells of",
     "SELECT v.model FROM verdicts v GROUP BY v.model HAVING COUNT(v.forgiven_ms) <> (SELECT COUNT(*) FROM audit a "
     "WHERE "
     "a.action = 'rollout.forgive' AND a.subject = v.model)"},
    {"is forgiven in the audit log and has no verdict",
     "SELECT subject FROM audit WHERE action = 'rollout.forgive' EXCEPT SELECT model FROM verdicts"},
    {"is an evaluation that no line of the audit log tells of",
     "SELECT e.id FROM evaluations e JOIN releases r ON r.id = e.release WHERE NOT EXISTS(SELECT 1 FROM audit a WHERE "
     "a.subject = r.plugin || ' ' || r.version AND a.action = 'evaluation.attach' AND a.actor = e.said_by AND "
     "substr(a.detail, 1, length(e.id) + 1) = e.id || ':')"},
    {"is no number of evaluations that the audit log tells of",
     "SELECT s.said FROM (SELECT COUNT(*) AS said FROM evaluations) s WHERE s.said <> (SELECT COUNT(*) FROM audit "
     "WHERE action = 'evaluation.attach')"},
    {"is a revision with fewer lines than acts",
     "SELECT revision FROM catalogue WHERE revision > (SELECT COUNT(*) FROM audit)"},
};

}  // namespace

Result<void> examine_rows(database::Connection& connection) {
  for (const Rule& rule : kRules) {
    auto rows = connection.query(rule.search);
    const bool is_broken = rows.next();
    const std::string found = is_broken ? std::string(rows.text(0)) : std::string();
    if (auto end = rows.end(); !is_broken && !end) return end;
    if (is_broken) return failure(Code::data_loss, "catalogue.broken", fmt::format("{} {}", found, rule.broken));
  }
  return {};
}

}  // namespace stoa::registry

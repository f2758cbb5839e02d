// openapi_registry.cpp: the registry's routes as a table. docs/reference/registry-api.md says what they mean.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/openapi_registry.hpp"

#include <string_view>

#include "host/api/openapi_operation.hpp"

namespace stoa::api {
namespace {

using nlohmann::json;

constexpr std::string_view kRegistryTag = "registry";

constexpr ApiOperation kRegistryOperations[] = {
    {"get", "/v1/whoami", "whoAmI", "Whose token this is", "", ""},
    {"get", "/v1/operators", "listOperators", "Operators", "", ""},
    {"post", "/v1/operators", "createOperator", "A new operator and its token", "name role", "", 201},
    {"delete", "/v1/operators/{name}", "revokeOperator", "An operator's token counts no more", "", "", 204},
    {"get", "/v1/audit", "readAudit", "The audit log, newest first", "", "subject before limit"},
    {"get", "/v1/audit/head", "examine", "Examines the catalogue and its chains", "", ""},
    {"get", "/v1/doctor", "examineRegistry", "Looks the whole registry over", "", "grace_s"},
    {"post", "/v1/doctor", "mendRegistry", "The same, and mends what can be mended", "", "grace_s"},
    {"get", "/v1/publishers", "listPublishers", "Publishers", "", "", 200, true},
    {"post", "/v1/publishers", "createPublisher", "A new publisher and its token", "name display_name?", "", 201},
    {"get", "/v1/publishers/{name}", "onePublisher", "A publisher", "", "", 200, true},
    {"post", "/v1/publishers/{name}/token", "replaceToken", "A new token instead of the old one", "", ""},
    {"post", "/v1/publishers/{name}/let-pass", "letPass", "Ends the hold of a name", "", ""},
    {"put", "/v1/publishers/{name}/state", "setPublisherState", "Suspends, closes or verifies", "state because", ""},
    {"get", "/v1/publishers/{name}/keys", "listKeys", "A publisher's keys", "", "", 200, true},
    {"post", "/v1/publishers/{name}/keys", "addKey", "A new key", "public_key possession role? valid_until_ms#?", "",
     201},
    {"post", "/v1/publishers/{name}/keys/{key}/rotate", "rotateKey", "A key signs nothing new", "at_ms#?", ""},
    {"post", "/v1/publishers/{name}/keys/{key}/revoke", "revokeKey", "What a key signed does not count",
     "because from_ms#?", ""},
    {"get", "/v1/publishers/{name}/plugins", "listPlugins", "A publisher's plugins", "", "", 200, true},
    {"put", "/v1/publishers/{name}/plugins/{plugin}/state", "setPluginState", "Lists or delists", "state because", ""},
    {"get", "/v1/releases", "listReleases", "Releases", "", "publisher plugin model task state q after limit", 200,
     true},
    {"post", "/v1/releases", "announceRelease", "A draft, and where its bytes go",
     "plugin version sha256 bytes# changelog?", "", 201},
    {"get", "/v1/releases/{release}", "oneRelease", "A release, its checks, its manifest", "", "", 200, true},
    {"delete", "/v1/releases/{release}", "dropDraft", "Drops a draft", "", "", 204},
    {"get", "/v1/uploads/{upload}", "uploadStatus", "Where an upload goes on", "", ""},
    {"put", "/v1/uploads/{upload}", "sendChunk", "A chunk, at most 16 MiB", "*", "offset"},
    {"post", "/v1/releases/{release}/submit", "submitRelease", "The bytes are whole: checks follow", "upload?", "",
     202},
    {"post", "/v1/releases/{release}/review", "reviewRelease", "Accepts, rejects or quarantines", "verdict because?",
     ""},
    {"post", "/v1/releases/{release}/deprecate", "deprecateRelease", "Advises against it", "because", ""},
    {"post", "/v1/releases/{release}/yank", "yankRelease", "Nobody gets it by default", "because", ""},
    {"post", "/v1/releases/{release}/restore", "restoreRelease", "Published again", "because", ""},
    {"post", "/v1/releases/{release}/revoke", "revokeRelease", "Nobody gets it, ever", "because", ""},
    {"get", "/v1/releases/{release}/evaluations", "listEvaluations", "What was said about a release", "", "after limit",
     200, true},
    {"post", "/v1/releases/{release}/evaluations", "attachEvaluation", "What a release scored, signed",
     "envelope public_key?", "", 201},
    {"get", "/v1/evaluations", "listEvaluationsOfDataset", "All releases on one set", "", "dataset after limit", 200,
     true},
    {"get", "/v1/evaluations/{evaluation}", "oneEvaluation", "An evaluation with its envelope", "", "", 200, true},
    {"get", "/v1/evaluations/{evaluation}/outcomes", "getOutcomes", "What became of each example", "", "", 200, true},
    {"put", "/v1/evaluations/{evaluation}/outcomes", "keepOutcomes", "The outcomes that it names", "*", ""},
    {"get", "/v1/evaluations/{evaluation}/against/{other}", "compareEvaluations", "Two side by side", "", "", 200,
     true},
    {"get", "/v1/aliases", "listAliases", "A model's aliases", "", "model", 200, true},
    {"put", "/v1/aliases", "moveAlias", "Points an alias", "model alias targets[] note?", ""},
    {"get", "/v1/aliases/steps", "listAliasSteps", "The steps of an alias", "", "model alias before limit", 200, true},
    {"post", "/v1/aliases/take-back", "takeBackAlias", "To where it pointed before", "model alias note?", ""},
    {"put", "/v1/aliases/approvals", "requireApprovals", "Whether a move needs two", "model approvals#", ""},
    {"get", "/v1/proposals", "listProposals", "Moves that wait", "", "state"},
    {"post", "/v1/proposals/{proposal}/approve", "approveProposal", "Makes the move", "", ""},
    {"post", "/v1/proposals/{proposal}/decline", "declineProposal", "Drops the move", "", ""},
    {"get", "/v1/rollouts", "listRollouts", "Roll-outs, newest first", "", "model before limit"},
    {"post", "/v1/rollouts", "startRollout", "A release's way into traffic",
     "model version? steps_ppm[]? customers[]? promotes!? shadow{}? limits{}? note?", "", 201},
    {"get", "/v1/rollouts/here", "rolloutsHere", "Where this host stands with them", "", "model"},
    {"post", "/v1/rollouts/pause", "pauseRollout", "Stays at the step reached", "model because?", ""},
    {"post", "/v1/rollouts/resume", "resumeRollout", "Goes on", "model because?", ""},
    {"post", "/v1/rollouts/promote", "promoteRollout", "Becomes the default now", "model because?", ""},
    {"post", "/v1/rollouts/rollback", "rollBack", "To the release before", "model because?", ""},
    {"post", "/v1/rollouts/forgive", "forgiveRelease", "May be tried again", "model version", ""},
    {"post", "/v1/rollouts/news", "reportRollout", "What a host that follows found",
     "kind model version step#? reason? numbers? back_to? rollout?", ""},
    {"get", "/v1/verdicts", "listVerdicts", "Releases that were taken back", "", "model"},
    {"get", "/v1/catalogue", "searchModels", "Models that are shown (customer plane, too)", "",
     "q publisher task modality input output licence licence_code licence_weights price_max currency meter deprecated "
     "sort after limit",
     200, true},
    {"get", "/v1/catalogue/{publisher}/{model}", "oneModel", "A model's page (customer plane, too)", "", "version", 200,
     true},
    {"get", "/v1/catalogue/{publisher}/{model}/versions", "listVersions", "Its versions (customer plane, too)", "",
     "after limit", 200, true},
    {"get", "/v1/catalogue/{publisher}/{model}/card", "modelCard", "Its card (customer plane, too)", "", "version", 200,
     true},
    {"get", "/v1/catalogue/{publisher}/{model}/card.md", "modelCardText", "Its card as CommonMark", "", "version", 200,
     true},
    {"get", "/v1/packages/{sha256}", "getPackage", "A package's bytes (customer plane, too)", "", "", 200, true},
    {"get", "/tuf/{file}", "getMetadata", "Signed metadata (customer plane, too)", "", "wait_ms", 200, true},
    {"get", "/tuf/targets/{publisher}/{name}/{file}", "getTarget", "What the metadata names", "", "", 200, true},
    {"get", "/v1/following", "getFollowing", "Of a host that follows: how it stands with the registry", "", "", 200,
     true},
};

}  // namespace

void describe_registry(json& document) {
  document["tags"].push_back(
      {{"name", kRegistryTag}, {"description", "only where the host has a registry, and on the operator's listener"}});
  document["components"]["securitySchemes"]["registryToken"] = {{"type", "http"}, {"scheme", "bearer"}};
  describe_operations(document, kRegistryOperations, kRegistryTag, "registryToken");
}

}  // namespace stoa::api

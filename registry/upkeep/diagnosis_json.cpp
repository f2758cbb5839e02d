// diagnosis_json.cpp SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "registry/upkeep/diagnosis.hpp"

namespace stoa::registry {

std::string diagnosis_json(const Diagnosis& diagnosis) {
  using Json = nlohmann::ordered_json;
  Json ailments = Json::array();
  for (const Ailment& one : diagnosis.ailments)
    ailments.push_back({{"reason", one.reason},
                        {"subject", one.subject},
                        {"message", one.message},
                        {"bytes", one.bytes},
                        {"mended", one.is_mended}});
  const Json whole{{"healthy", diagnosis.is_healthy()},
                   {"ailments", std::move(ailments)},
                   {"releases", diagnosis.releases},
                   {"packages", diagnosis.packages},
                   {"blobs", diagnosis.blobs},
                   {"blob_bytes", diagnosis.blob_bytes},
                   {"audit", {{"lines", diagnosis.audit.lines}, {"sha256", to_hex(diagnosis.audit.sha256)}}},
                   {"alias_steps", diagnosis.alias_steps}};
  return whole.dump(2, ' ', true, Json::error_handler_t::replace);
}

}  // namespace stoa::registry

// sealed_assets.hpp: a release's encrypted assets: opened into memory, under a licence, once for all that run it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "host/app/log.hpp"
#include "host/runtime/plugin_source.hpp"
#include "licensing/sealed/content_key.hpp"
#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// For which release a key is asked.
struct KeyRequest {
  licensing::ContentKeyId key;
  std::string model, version;  // "acme/vision", "1.2.0"
  friend bool operator==(const KeyRequest&, const KeyRequest&) = default;
};
// The key, where a licence lets this host open what is encrypted with it for that release now. Any thread.
using ContentKeySource = std::function<Result<licensing::ContentKey>(const KeyRequest&)>;

bool has_encrypted_assets(const registry::Manifest& manifest);

// From now on the source's encrypted assets open. Every time one is asked for, so is its key, for each model that is
// being loaded; what is still open then is shared. Errors of opening: the keys'; those of ClearAsset::open with the
// asset's name in front. log outlives the source.
void decrypt_with(const ContentKeySource& keys, const registry::Manifest& manifest, runtime::PluginSource& source,
                  Log& log);

}  // namespace stoa::app

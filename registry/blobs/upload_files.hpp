// upload_files.hpp: the names of an upload's files, and the refusals its functions share.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "registry/blobs/upload_terms.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

std::string terms_name(const UploadId& id);
std::string bytes_name(const UploadId& id);
// Terms on their way.
std::string new_terms_name(const UploadId& id);

std::unexpected<Error> upload_not_found(const UploadId& id);
std::unexpected<Error> upload_busy(const UploadId& id);

}  // namespace stoa::registry

// file_payout_provider.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/payout_provider.hpp"
#include "registry/document/lock_file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {

Result<std::string> FilePayoutProvider::submit(const PaymentFile& batch) {
  const auto xml = payment_file_xml(batch);
  if (!xml) return std::unexpected(xml.error());
  if (auto folder = registry::make_private_folder(folder_); !folder) return std::unexpected(folder.error());
  const std::string name = batch.id + ".xml";
  auto file = registry::StagingFile::create(folder_ / name, 0600);
  if (!file) return std::unexpected(file.error());
  if (auto written = registry::write_all(file->file(), std::as_bytes(std::span(*xml))); !written)
    return std::unexpected(written.error());
  if (auto published = file->publish(); !published) return std::unexpected(published.error());
  return name;
}

}  // namespace stoa::licensing

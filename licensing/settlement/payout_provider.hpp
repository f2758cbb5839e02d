// payout_provider.hpp: who carries out payouts: a seam, because every platform has another bank.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "licensing/statement/payment_file.hpp"

namespace stoa::licensing {

// Thread: one at a time; may block.
class PayoutProvider {
 public:
  virtual ~PayoutProvider() = default;
  // The provider's name for the batch. A batch may come again with the same id and the same payouts, after a crash: it
  // is paid once all the same. Errors: of any kind; the batch comes again with the next run.
  virtual Result<std::string> submit(const PaymentFile& batch) = 0;
};

// Writes <folder>/<batch id>.xml, pain.001, for somebody to bring to the bank.
class FilePayoutProvider final : public PayoutProvider {
 public:
  explicit FilePayoutProvider(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Errors: those of payment_file_xml; file.*.
  Result<std::string> submit(const PaymentFile& batch) override;

 private:
  const std::filesystem::path folder_;
};

}  // namespace stoa::licensing

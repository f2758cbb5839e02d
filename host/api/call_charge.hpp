// call_charge.hpp: what a call carries of money until it is settled. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <utility>

#include "licensing/billing/teller.hpp"

namespace stoa::api {

// Released when it goes without having been charged. Thread: one at a time.
class CallCharge {
 public:
  CallCharge() = default;
  ~CallCharge() { release(); }
  CallCharge(const CallCharge&) = delete;
  CallCharge& operator=(const CallCharge&) = delete;

  bool is_held() const { return teller_ != nullptr; }
  void release() noexcept {
    if (teller_ != nullptr) std::exchange(teller_, nullptr)->release(hold_);
  }

  // Whose call it is, as its entry will say. Written before it is held for.
  licensing::CallParty party = {};
  std::int64_t arrived_ms = 0;  // Unix time; before it is held for

 private:
  friend class BillingGate;
  licensing::Teller* teller_ = nullptr;  // null: nothing is held
  licensing::AccountsBook::CallHold hold_;
};

}  // namespace stoa::api

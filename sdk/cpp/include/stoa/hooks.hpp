// hooks.hpp: which optional members an author's model has. A hook is a member function; nothing is registered.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_HOOKS_HPP
#define STOA_HOOKS_HPP
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "stoa/batch.hpp"
#include "stoa/session.hpp"

// kHas<Name><M>: true when the expression compiles for an M called model.
#define STOA_INTERNAL_HOOK(Name, ...)       \
  template <class M, class = void>          \
  inline constexpr bool kHas##Name = false; \
  template <class M>                        \
  inline constexpr bool kHas##Name<M, std::void_t<decltype(__VA_ARGS__)>> = true;

namespace stoa::detail {

template <class T>
T& a();  // like std::declval<T&>, never defined
template <class M>
const M& const_a();
inline constexpr std::string_view kId{};

STOA_INTERNAL_HOOK(Infer, a<M>().infer(a<Request>(), a<Reply>()))
STOA_INTERNAL_HOOK(Batch, a<M>().batch(a<Batch>()))
STOA_INTERNAL_HOOK(BatchLimits, BatchLimits(a<M>().batch_limits()))
STOA_INTERNAL_HOOK(Cost, std::uint64_t(a<M>().cost(const_a<Request>())))
STOA_INTERNAL_HOOK(CanJoin, bool(a<M>().can_join(const_a<Request>(), const_a<Request>())))
STOA_INTERNAL_HOOK(WarmUp, a<M>().warm_up())
STOA_INTERNAL_HOOK(Health, a<M>().health(std::int32_t{}))
STOA_INTERNAL_HOOK(Card, std::string_view(a<M>().card()))
STOA_INTERNAL_HOOK(Inline, std::uint64_t(M::kInlineNs))
STOA_INTERNAL_HOOK(OnCancel, a<M>().on_cancel(std::uint64_t{}))
STOA_INTERNAL_HOOK(SessionOpen, a<M>().session_open(kId))
STOA_INTERNAL_HOOK(SessionClose, a<M>().session_close(kId))
STOA_INTERNAL_HOOK(SessionBytes, std::uint64_t(a<M>().session_bytes(kId)))
STOA_INTERNAL_HOOK(SessionSave, a<M>().session_save(kId, a<SessionWriter>()))
STOA_INTERNAL_HOOK(SessionRestore, a<M>().session_restore(kId, a<SessionReader>()))

}  // namespace stoa::detail

#undef STOA_INTERNAL_HOOK
#endif

// model.hpp: an author's class behind the C table "stoa.model/1" and the model extensions its members ask for.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_MODEL_HPP
#define STOA_MODEL_HPP
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "stoa/ext/batching.h"
#include "stoa/ext/card.h"
#include "stoa/ext/health.h"
#include "stoa/ext/inline.h"
#include "stoa/ext/warmup.h"
#include "stoa/hooks.hpp"
#include "stoa/load.hpp"

namespace stoa {

// A base for authors who like `override`; any class with the same infer() does as well.
// Threads: infer() runs on as many model threads at once as the manifest's limits.threads says (default 1).
class Model {
 public:
  virtual ~Model() = default;
  virtual void infer(Request& request, Reply& reply) = 0;
};

namespace detail {

// Ends a request with what its work came to. Nothing of the request may be used afterwards.
inline void finish(const stoa_request* abi, stoa_status status, const stoa_error& err) noexcept {
  abi->sink->finish(abi, status, status == STOA_OK ? nullptr : &err);
}

// One loaded M. Every static function here is called by the host through a C table, and lets no exception out.
template <class M>
class LoadedModel {
 public:
  static_assert(kHasInfer<M> || kHasBatch<M>, "a model has infer(stoa::Request&, stoa::Reply&) or batch(stoa::Batch&)");
  static_assert(kHasSessionOpen<M> == kHasSessionClose<M>, "session_open(id) and session_close(id) come together");
  static_assert(kHasSessionSave<M> == kHasSessionRestore<M>, "session_save() and session_restore() come together");

  static stoa_status load(const stoa_load& abi, stoa_model** out, stoa_error* err) noexcept {
    return guarded(err, [&] { *out = &(new LoadedModel(Load(abi)))->table_; });
  }

 private:
  explicit LoadedModel(const Load& load) : LoadedModel(load, std::is_constructible<M, const Load&>()) {
    table_.self = this;
    table_.submit = submit;
    if constexpr (kHasOnCancel<M>) table_.cancel = cancel;
    table_.unload = unload;
    table_.get_extension = get_extension;
    if constexpr (kHasCard<M>) card_ = std::string(std::string_view(model_.card()));
  }
  LoadedModel(const Load& load, std::true_type) : model_(load) {}
  LoadedModel(const Load&, std::false_type) : model_() {}

  static LoadedModel& from(stoa_model* model) noexcept { return *static_cast<LoadedModel*>(model->self); }
  static M& author(stoa_model* model) noexcept { return from(model).model_; }

  static void unload(stoa_model* model) noexcept { delete &from(model); }

  static void cancel(stoa_model* model, const stoa_request* request, stoa_status) noexcept {
    if constexpr (kHasOnCancel<M>) guarded(nullptr, [&] { author(model).on_cancel(complete(*request).id); });
  }

  static stoa_status submit(stoa_model* model, stoa_request* const* requests, std::uint32_t n,
                            stoa_error* err) noexcept {
    if constexpr (kHasBatch<M>) return submit_batch(author(model), requests, n, err);
    for (std::uint32_t i = 0; i < n; ++i) answer(author(model), requests[i]);
    return STOA_OK;
  }

  static void answer([[maybe_unused]] M& model, const stoa_request* abi) noexcept {
    stoa_error err = empty_error();
    const stoa_status status = guarded(&err, [&] {
      Request request(*abi);
      Reply reply(request);
      request.check_cancelled();
      if constexpr (kHasInfer<M>) model.infer(request, reply);
      reply.send();
    });
    finish(abi, status, err);
  }

  // Takes all requests or none: what can fail before author code runs is memory for the items.
  static stoa_status submit_batch([[maybe_unused]] M& model, stoa_request* const* requests, std::uint32_t n,
                                  stoa_error* err) noexcept {
    Batch::Items items;
    const stoa_status made = guarded(err, [&] {
      items.reserve(n);
      for (std::uint32_t i = 0; i < n; ++i) items.push_back(std::make_unique<BatchItem>(*requests[i]));
    });
    if (made != STOA_OK) return made;
    stoa_error shared = empty_error();
    const stoa_status status = guarded(&shared, [&] {
      Batch batch(items);
      if constexpr (kHasBatch<M>) model.batch(batch);
    });
    for (std::uint32_t i = 0; i < n; ++i) {
      stoa_error own = shared;
      const stoa_status ended = status != STOA_OK ? status : guarded(&own, [&] {
        if (items[i]->failure()) throw *items[i]->failure();
        items[i]->reply.send();
      });
      items[i].reset();  // parts that were not sent go back before the last touch of the request
      finish(requests[i], ended, own);
    }
    return STOA_OK;
  }

  // ---- model extensions ----
  static void batch_limits(stoa_model* model, stoa_batch_limits* out) noexcept {
    BatchLimits limits;
    if constexpr (kHasBatchLimits<M>) guarded(nullptr, [&] { limits = author(model).batch_limits(); });
    if (STOA_HAS(stoa_batch_limits, out, max_requests)) out->max_requests = limits.requests_max;
    if (STOA_HAS(stoa_batch_limits, out, max_cost)) out->max_cost = limits.cost_max;
    if (STOA_HAS(stoa_batch_limits, out, max_delay_ns)) out->max_delay_ns = limits.delay_max_ns;
  }
  static std::uint64_t cost([[maybe_unused]] stoa_model* model, const stoa_request* abi) noexcept {
    std::uint64_t units = 1;
    const Request request(*abi);
    if constexpr (kHasCost<M>) guarded(nullptr, [&] { units = author(model).cost(request); });
    return units == 0 ? 1 : units;
  }
  static std::int32_t can_join([[maybe_unused]] stoa_model* model, const stoa_request* first,
                               const stoa_request* next) noexcept {
    bool joins = !kHasCanJoin<M>;
    const Request a_request(*first), b_request(*next);
    if constexpr (kHasCanJoin<M>) guarded(nullptr, [&] { joins = author(model).can_join(a_request, b_request); });
    return joins ? 1 : 0;
  }
  static stoa_status warm_up(stoa_model* model, std::uint64_t, stoa_error* err) noexcept {
    return guarded(err, [&] {
      if constexpr (kHasWarmUp<M>) author(model).warm_up();
    });
  }
  static stoa_status health(stoa_model* model, std::int32_t depth, std::uint64_t, stoa_error* err) noexcept {
    return guarded(err, [&] {
      if constexpr (kHasHealth<M>) author(model).health(depth);
    });
  }
  static std::uint64_t expected_ns(stoa_model*) noexcept {
    if constexpr (kHasInline<M>) return M::kInlineNs;
    return 0;
  }
  static stoa_str card(stoa_model* model) noexcept { return str_of(from(model).card_); }

  static stoa_status session_open(stoa_model* model, stoa_str id, stoa_error* err) noexcept {
    return guarded(err, [&] {
      if constexpr (kHasSessionOpen<M>) author(model).session_open(view_of(id));
    });
  }
  static void session_close(stoa_model* model, stoa_str id) noexcept {
    guarded(nullptr, [&] {
      if constexpr (kHasSessionClose<M>) author(model).session_close(view_of(id));
    });
  }
  static std::uint64_t session_bytes(stoa_model* model, stoa_str id) noexcept {
    std::uint64_t held = 0;
    guarded(nullptr, [&] {
      if constexpr (kHasSessionBytes<M>) held = author(model).session_bytes(view_of(id));
    });
    return held;
  }
  static stoa_status session_save(stoa_model* model, stoa_str id, stoa_stream* to, stoa_error* err) noexcept {
    if constexpr (kHasSessionSave<M>)
      return guarded(err, [&] {
        SessionWriter writer(*to);
        author(model).session_save(view_of(id), writer);
      });
    return fill(err, Code::unimplemented, "plugin.session_save", "this model's sessions cannot be saved");
  }
  static stoa_status session_restore(stoa_model* model, stoa_str id, stoa_stream* in, stoa_error* err) noexcept {
    if constexpr (kHasSessionRestore<M>)
      return guarded(err, [&] {
        SessionReader reader(*in);
        author(model).session_restore(view_of(id), reader);
      });
    return fill(err, Code::unimplemented, "plugin.session_restore", "this model's sessions cannot be restored");
  }

  static const void* get_extension(stoa_model*, const char* id) noexcept {
    static constexpr stoa_batching kBatching{batch_limits, cost, can_join};
    static constexpr stoa_warmup kWarmup{warm_up};
    static constexpr stoa_health kHealth{health};
    static constexpr stoa_inline kInline{expected_ns};
    static constexpr stoa_card kCard{card};
    static constexpr stoa_session kSession{session_open, session_close, session_bytes, session_save, session_restore};
    const std::string_view wanted(id);
    if (kHasBatch<M> && wanted == STOA_EXT_BATCHING) return &kBatching;
    if (kHasWarmUp<M> && wanted == STOA_EXT_WARMUP) return &kWarmup;
    if (kHasHealth<M> && wanted == STOA_EXT_HEALTH) return &kHealth;
    if (kHasInline<M> && wanted == STOA_EXT_INLINE) return &kInline;
    if (kHasCard<M> && wanted == STOA_EXT_CARD) return &kCard;
    if (kHasSessionOpen<M> && wanted == STOA_EXT_SESSION) return &kSession;
    return nullptr;
  }

  stoa_model table_{};
  M model_;
  std::string card_;
};

}  // namespace detail
}  // namespace stoa
#endif

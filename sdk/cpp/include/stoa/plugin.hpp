// plugin.hpp: everything an author includes: write a class with infer(), say STOA_PLUGIN(Class), and it is a plugin.
// SPDX-License-Identifier: Apache-2.0
//
// A model may also have, each optional and found by its name:
//   Class(const stoa::Load&)                     operator's settings, devices, bounds
//   void warm_up()                               slow first calls, on every model thread, before the model is ready
//   void health(std::int32_t depth)              throw Failure when ill; STOA_HEALTH_*
//   void batch(stoa::Batch&)                     several requests at once, instead of infer(); with it:
//     stoa::BatchLimits batch_limits()             at the most how many
//     std::uint64_t cost(const stoa::Request&)     in the model's own unit
//     bool can_join(const stoa::Request& first, const stoa::Request& next)
//   static constexpr std::uint64_t kInlineNs     never blocks, and takes so long at the most
//   std::string card()                           a JSON object about the loaded model
//   void on_cancel(std::uint64_t request_id)     a hint, from any thread: a caller has gone
//   void session_open(std::string_view id), session_close(id); std::uint64_t session_bytes(id);
//     void session_save(id, stoa::SessionWriter&), session_restore(id, stoa::SessionReader&)
#ifndef STOA_PLUGIN_HPP
#define STOA_PLUGIN_HPP
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stoa/asset.hpp"
#include "stoa/manifest.h"
#include "stoa/model.hpp"

namespace stoa {
namespace detail {

struct ModelClass {
  std::string_view name;  // empty: whatever name the manifest gives
  stoa_status (*load)(const stoa_load& abi, stoa_model** out, stoa_error* err) noexcept;
};

inline stoa_status init(const stoa_host* host, stoa_error*) noexcept {
  find_host_tables(host);
  return STOA_OK;
}

inline void deinit() noexcept { host_tables = HostTables{}; }

inline stoa_status load_named(Span<const ModelClass> classes, const stoa_load* abi, stoa_model** out,
                              stoa_error* err) noexcept {
  const std::string_view wanted = view_of(complete(*abi).model);
  for (const ModelClass& model : classes)
    if (model.name.empty() || model.name == wanted) return model.load(*abi, out, err);
  return guarded(err, [&] {
    throw Failure(Code::not_found, "model.unknown", "this plugin has no model '" + std::string(wanted) + "'");
  });
}

inline const stoa_entry* refuse_abi(std::uint32_t abi_min, std::uint32_t abi_max, stoa_error* err) noexcept {
  guarded(err, [&] {
    throw Failure(Code::failed_precondition, "plugin.abi",
                  "plugin speaks ABI " + std::to_string(STOA_ABI_VERSION) + ", host offers " + std::to_string(abi_min) +
                      ".." + std::to_string(abi_max));
  });
  return nullptr;
}

}  // namespace detail

// For STOA_PLUGIN_MODELS: the class behind a model name of the manifest.
template <class M>
constexpr detail::ModelClass model(std::string_view name) noexcept {
  return detail::ModelClass{name, &detail::LoadedModel<M>::load};
}

}  // namespace stoa

// STOA_PLUGIN_MODELS(stoa::model<Small>("small"), stoa::model<Large>("large")): a plugin of several models. Once, at
// global scope.
#define STOA_PLUGIN_MODELS(...)                                                                                   \
  extern "C" const stoa_entry* stoa_plugin_entry(std::uint32_t abi_min, std::uint32_t abi_max, stoa_error* err) { \
    static constexpr ::stoa::detail::ModelClass classes[] = {__VA_ARGS__};                                        \
    static const stoa_entry entry = {STOA_ABI_VERSION,                                                            \
                                     0,                                                                           \
                                     {stoa_manifest_json, stoa_manifest_json_size},                               \
                                     ::stoa::detail::init,                                                        \
                                     [](const stoa_load* load, stoa_model** out, stoa_error* why) noexcept {      \
                                       return ::stoa::detail::load_named(classes, load, out, why);                \
                                     },                                                                           \
                                     ::stoa::detail::deinit,                                                      \
                                     nullptr};                                                                    \
    if (abi_min <= STOA_ABI_VERSION && STOA_ABI_VERSION <= abi_max) return &entry;                                \
    return ::stoa::detail::refuse_abi(abi_min, abi_max, err);                                                     \
  }

// STOA_PLUGIN(MyModel): a plugin with one model class, whatever its name in the manifest.
#define STOA_PLUGIN(...) STOA_PLUGIN_MODELS(::stoa::model<__VA_ARGS__>({}))
#endif

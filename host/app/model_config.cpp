// model_config.cpp: [models."publisher/model"]. SPDX-License-Identifier: Apache-2.0
#include "host/app/model_config.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/app/config_section.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::app {
namespace {

using nlohmann::json;

constexpr std::int32_t kDeviceIdMax = 127;
constexpr std::uint64_t kBudgetBytesMax = std::uint64_t{1} << 50;

// All of the text as a whole number, or nothing.
template <class Int>
std::optional<Int> whole(std::string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<DLDevice> device_of(std::string_view text) {
  if (text == "cpu") return DLDevice{kDLCPU, 0};
  constexpr std::string_view kCuda = "cuda:";
  if (!text.starts_with(kCuda)) return std::nullopt;
  const auto id = whole<std::int32_t>(text.substr(kCuda.size()));
  if (!id || *id < 0 || *id > kDeviceIdMax) return std::nullopt;
  return DLDevice{kDLCUDA, *id};
}

void read_devices(Section& section, std::vector<DLDevice>& devices) {
  const toml::node* node = section.take("devices");
  if (!node) return;
  const toml::array* list = node->as_array();
  if (!list || list->empty()) return section.fail("devices", "type", "is not a list of at least one device");
  for (const auto& item : *list) {
    const auto text = item.value_exact<std::string>();
    if (!text) return section.fail("devices", "type", "is not a list of strings");
    const auto device = device_of(*text);
    if (!device)
      return section.fail("devices", "value",
                          fmt::format("has \"{}\", allowed are cpu and cuda:0 to cuda:{}", *text, kDeviceIdMax));
    for (const DLDevice& other : devices)
      if (other.device_type == device->device_type && other.device_id == device->device_id)
        return section.fail("devices", "value", fmt::format("has \"{}\" twice", *text));
    devices.push_back(*device);
  }
}

// "2 GiB"
std::optional<std::uint64_t> bytes_of(std::string_view text) {
  constexpr std::pair<std::string_view, int> kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}};
  for (const auto& [unit, shift] : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    if (text.ends_with(' ')) text.remove_suffix(1);
    const auto count = whole<std::uint64_t>(text);
    if (!count || *count > kBudgetBytesMax >> shift) return std::nullopt;
    return *count << shift;
  }
  return std::nullopt;
}

void read_budget(Section& section, std::optional<std::uint64_t>& budget) {
  const toml::node* node = section.take("memory_budget");
  if (!node) return;
  constexpr std::string_view kAllowed =
      "allowed are 1 byte to 1024 TiB as a whole number of bytes or as a text like \"512 MiB\" (B, KiB, MiB, GiB, TiB)";
  if (const auto number = node->value_exact<std::int64_t>()) {
    if (*number < 1 || static_cast<std::uint64_t>(*number) > kBudgetBytesMax)
      return section.fail("memory_budget", "range", fmt::format("is {}, {}", *number, kAllowed));
    budget = static_cast<std::uint64_t>(*number);
    return;
  }
  const auto text = node->value_exact<std::string>();
  if (!text) return section.fail("memory_budget", "type", fmt::format("is neither a number nor a text, {}", kAllowed));
  budget = bytes_of(*text);
  if (!budget || *budget == 0) section.fail("memory_budget", "value", fmt::format("is \"{}\", {}", *text, kAllowed));
}

// Dates and times become texts as TOML writes them. unsayable: the first value that JSON has no form for.
json to_json(const toml::node& node, const std::string& path, std::string& unsayable) {
  if (const auto* table = node.as_table()) {
    json object = json::object();
    for (const auto& [key, value] : *table)
      object[std::string(key.str())] =
          to_json(value, path.empty() ? std::string(key.str()) : path + "." + std::string(key.str()), unsayable);
    return object;
  }
  if (const auto* list = node.as_array()) {
    json array = json::array();
    for (const auto& value : *list)
      array.push_back(to_json(value, path + "[" + std::to_string(array.size()) + "]", unsayable));
    return array;
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const auto whole_number = node.value_exact<std::int64_t>()) return *whole_number;
  if (const auto number = node.value_exact<double>()) {
    if (!std::isfinite(*number) && unsayable.empty()) unsayable = path;
    return *number;
  }
  std::ostringstream text;
  if (const auto date = node.value_exact<toml::date>()) text << *date;
  if (const auto time = node.value_exact<toml::time>()) text << *time;
  if (const auto moment = node.value_exact<toml::date_time>()) text << *moment;
  return text.str();
}

void read_settings(Section& section, std::string& config_json) {
  const toml::node* node = section.take("config");
  if (!node) return;
  if (!node->is_table()) return section.fail("config", "type", "is not a table");
  std::string unsayable;
  config_json = to_json(*node, "", unsayable).dump();
  if (!unsayable.empty())
    section.fail("config", "value", fmt::format("{} is no finite number, and the plugin gets JSON", unsayable));
}

bool is_served_name(std::string_view name) {
  const auto slash = name.find('/');
  return slash != name.npos && registry::is_account_name(name.substr(0, slash)) &&
         registry::is_model_name(name.substr(slash + 1));
}

}  // namespace

void read_models(Section& section, ModelConfigs& models) {
  section.sections_by_name([&](const std::string& name, Section& inner) {
    if (!is_served_name(name)) section.fail(name.c_str(), "value", "is no \"publisher/model\"");
    ModelConfig& model = models[name];
    read_devices(inner, model.devices);
    read_budget(inner, model.memory_budget_bytes);
    // The manifest's own ranges.
    inner.optional_number<std::uint32_t>("inflight_max", model.inflight_max, 1, 65'536);
    inner.optional_number<std::uint32_t>("queue_max", model.queue_max, 0, 1'000'000);
    inner.optional_number<std::uint32_t>("threads", model.threads, 1, 256);
    inner.optional_number<std::uint32_t>("workers", model.workers, 1, 256);
    inner.optional_number<std::uint64_t>("deadline_ms", model.deadline_ms, 1, 86'400'000);
    read_settings(inner, model.config_json);
  });
}

void apply(const ModelConfig& config, runtime::ModelSpec& spec) {
  if (!config.devices.empty()) spec.devices = config.devices;
  runtime::ModelLimits& limits = spec.limits;
  limits.memory_budget_bytes = config.memory_budget_bytes.value_or(limits.memory_budget_bytes);
  limits.inflight_max = config.inflight_max.value_or(limits.inflight_max);
  limits.queue_max = config.queue_max.value_or(limits.queue_max);
  limits.threads = config.threads.value_or(limits.threads);
  limits.workers = config.workers.value_or(limits.workers);
  if (config.deadline_ms) limits.deadline_ns = *config.deadline_ms * 1'000'000;
  if (config.config_json.empty()) return;
  json settings = spec.config_json.empty() ? json::object() : json::parse(spec.config_json);
  settings.merge_patch(json::parse(config.config_json));
  spec.config_json = settings.dump();
}

}  // namespace stoa::app

// zygote_keeper.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/zygote_keeper.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "host/runtime/elf_image.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::worker {
namespace {

// The libraries a partner's file may have us preload, by name; a version follows, or nothing. A fixed list: what is
// loaded here becomes part of every worker of that zygote.
constexpr std::string_view kRuntimeLibraries[] = {"libc10.so", "libtorch.so", "libtorch_cpu.so"};
constexpr std::size_t kZygotesMax = 4;     // more versions of a runtime than that are loaded by each worker itself
constexpr std::uint32_t kFailuresMax = 3;  // then that zygote is given up
constexpr std::uint64_t kAnswerNs = 30'000'000'000;  // its libraries may come from a cold disk

bool is_runtime_library(std::string_view soname) {
  return std::ranges::any_of(kRuntimeLibraries, [&](std::string_view name) {
    if (!soname.starts_with(name)) return false;
    const std::string_view version = soname.substr(name.size());
    return version.empty() || (version.front() == '.' && version.find_first_not_of(".0123456789") == version.npos);
  });
}

// A library in the package might take the place of one that a zygote has loaded already: by name, the first one wins.
bool brings_libraries(const std::filesystem::path& plugin) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(plugin.parent_path(), error), end; !error && at != end;
       at.increment(error))
    if (at->path().filename() != plugin.filename() && at->path().filename().native().contains(".so")) return true;
  return static_cast<bool>(error);
}

std::string name_of(const Preload& preload) { return preload.empty() ? "bare" : "with " + preload.back(); }

}  // namespace

std::optional<Preload> preload_for(const runtime::PluginSource& source, const runtime::ModelSpec& model) {
  const auto is_a_card = [](const DLDevice& device) { return device.device_type != kDLCPU; };
  if (source.permissions.devices || std::ranges::any_of(model.devices, is_a_card)) return std::nullopt;
  const auto image = runtime::ElfImage::open(source.library);
  if (!image) return std::nullopt;
  Preload preload;
  for (const auto& entry : image->dynamic()) {
    if (entry.d_tag != DT_NEEDED) continue;
    const auto soname = image->dynamic_string(entry.d_un.d_val);
    if (soname && is_runtime_library(*soname)) preload.emplace_back(*soname);
  }
  std::ranges::sort(preload);
  preload.erase(std::ranges::unique(preload).begin(), preload.end());
  if (!preload.empty() && brings_libraries(source.library)) preload.clear();
  return preload;
}

ZygoteKeeper::ZygoteKeeper(std::filesystem::path program, std::shared_ptr<runtime::LogSink> log)
    : program_(std::move(program)),
      log_(std::move(log)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {}

ZygoteKeeper::~ZygoteKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void ZygoteKeeper::log(runtime::LogLevel level, const std::string& message) const {
  runtime::LogLine line;
  line.level = level;
  line.message = message;
  log_->write(line);
}

// Null: it cannot be started, or not any more.
std::shared_ptr<Zygote> ZygoteKeeper::zygote_for(const Preload& preload) {
  std::unique_lock lock(mutex_);
  if (!places_.contains(preload) && places_.size() >= kZygotesMax) return nullptr;
  Place& place = places_[preload];
  if (place.zygote == nullptr && place.failures < kFailuresMax) {
    place.is_wanted = true;
    eventfd_write(wake_.get(), 1);
    moved_.wait(lock, [&] { return !place.is_wanted; });
  }
  return place.zygote;
}

Result<Launched> ZygoteKeeper::launch(const LaunchSpec& spec, const Preload& preload, std::uint64_t until_ns) {
  const auto zygote = zygote_for(preload);
  if (zygote == nullptr) return worker::launch(spec);
  const std::uint64_t patience_ns = thread::monotonic_ns() + kAnswerNs;
  auto launched = zygote->launch(spec, std::min(until_ns, patience_ns));
  if (launched) {
    const std::lock_guard lock(mutex_);
    Place& place = places_[preload];
    place.failures = 0;
    place.has_served = true;
    return launched;
  }
  if (launched.error().reason == "launch.spec") return launched;
  // It hangs: the keeper's thread buries it. A deadline of the caller's that was shorter proves nothing.
  if (launched.error().code == Code::deadline_exceeded && thread::monotonic_ns() >= patience_ns) zygote->kill();
  log(runtime::LogLevel::warn, "a worker is started without the zygote (" + name_of(preload) +
                                   "), which takes longer: " + launched.error().message);
  return worker::launch(spec);
}

std::vector<pid_t> ZygoteKeeper::pids() const {
  const std::lock_guard lock(mutex_);
  std::vector<pid_t> running;
  for (const auto& [unused, place] : places_)
    if (place.zygote != nullptr) running.push_back(place.zygote->pid());
  return running;
}

// ---- its thread ----

// Lock: mutex_.
void ZygoteKeeper::start(const Preload& preload, Place& place) {
  place.is_wanted = place.has_served = false;
  auto started = Zygote::start(program_, preload);
  if (started) {
    place.zygote = std::move(*started);
  } else {
    ++place.failures;
    log(runtime::LogLevel::error, "no zygote (" + name_of(preload) + "): " + started.error().message);
  }
  moved_.notify_all();
}

// Lock: mutex_. One that has forked workers is started again at once, for the next of them.
void ZygoteKeeper::bury(const Preload& preload, Place& place) {
  const std::string how = place.zygote->bury();
  place.zygote = nullptr;
  if (!place.has_served) ++place.failures;
  const bool is_given_up = place.failures >= kFailuresMax;
  log(runtime::LogLevel::error,
      "the zygote (" + name_of(preload) + ") ended: " + how + (is_given_up ? "; workers are started without it" : ""));
  if (place.has_served) start(preload, place);
}

void ZygoteKeeper::run() {
  pthread_setname_np(pthread_self(), "stoa-zygotes");
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
    for (const auto& [unused, place] : places_)
      if (place.zygote != nullptr) watched.push_back({place.zygote->death(), POLLIN, 0});
    lock.unlock();
    poll(watched.data(), watched.size(), -1);
    eventfd_t unused_count = 0;
    eventfd_read(wake_.get(), &unused_count);
    lock.lock();
    for (auto& [preload, place] : places_) {
      const bool has_ended = place.zygote != nullptr && std::ranges::any_of(watched, [&](const pollfd& one) {
                               return one.fd == place.zygote->death() && one.revents != 0;
                             });
      if (has_ended) bury(preload, place);
      if (place.is_wanted && place.zygote == nullptr) start(preload, place);
      place.is_wanted = false;
    }
    moved_.notify_all();
  }
  places_.clear();  // here: who started them reaps them
}

}  // namespace stoa::worker

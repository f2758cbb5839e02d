// command_payout_provider.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/command_payout_provider.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <thread>

#include "registry/document/file.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kProgramMayTake{60};
constexpr std::chrono::milliseconds kProgramLook{20};
constexpr std::size_t kReferenceMax = 200;

Json json_of_account(const licensing::BankAccount& account) {
  Json json{{"name", account.name}, {"iban", account.iban}};
  if (!account.bic.empty()) json["bic"] = account.bic;
  return json;
}

std::string batch_json(const licensing::PaymentFile& batch) {
  Json payouts = Json::array();
  for (const licensing::Payout& payout : batch.payouts) {
    Json one{{"id", payout.id},
             {"statement", payout.statement},
             {"amount", licensing::amount_text(payout.amount, batch.currency.minor_digits())}};
    one.update(json_of_account(payout.to));
    payouts.push_back(std::move(one));
  }
  const Json whole{{"batch", batch.id},
                   {"created", registry::utc_text(batch.created_ms)},
                   {"currency", batch.currency.code()},
                   {"from", json_of_account(batch.from)},
                   {"payouts", std::move(payouts)}};
  return whole.dump() + '\n';
}

std::unexpected<Error> program_failed(const std::filesystem::path& program, const std::string& why) {
  return failure(Code::unavailable, "payout.command", fmt::format("{}: {}", program.string(), why));
}

std::string word_of(int error_number) { return std::generic_category().message(error_number); }

// What a program reads and writes lies in memory: neither side waits for the other.
Result<registry::File> memory_file(const std::filesystem::path& program, std::string_view bytes) {
  registry::File file(::memfd_create("payout", MFD_CLOEXEC));
  if (file.fd() < 0) return program_failed(program, word_of(errno));
  if (auto written = registry::write_all(file, std::as_bytes(std::span(bytes))); !written)
    return std::unexpected(written.error());
  if (::lseek(file.fd(), 0, SEEK_SET) != 0) return program_failed(program, word_of(errno));
  return file;
}

Result<int> wait_for(pid_t child, const std::filesystem::path& program) {
  const auto deadline = std::chrono::steady_clock::now() + kProgramMayTake;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return program_failed(program, word_of(errno));
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kProgramLook);
  }
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return program_failed(program, "took longer than a minute, and was ended");
}

}  // namespace

Result<std::string> CommandPayoutProvider::submit(const licensing::PaymentFile& batch) {
  const auto in = memory_file(program_, batch_json(batch)), out = memory_file(program_, "");
  if (!in) return std::unexpected(in.error());
  if (!out) return std::unexpected(out.error());
  const std::string name = program_.string();
  char* const arguments[] = {const_cast<char*>(name.c_str()), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in->fd(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out->fd(), STDOUT_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, name.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return program_failed(program_, word_of(failed));
  const auto status = wait_for(child, program_);
  if (!status) return std::unexpected(status.error());
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
    return program_failed(program_, WIFEXITED(*status) ? fmt::format("ended with {}", WEXITSTATUS(*status))
                                                       : fmt::format("was ended by signal {}", WTERMSIG(*status)));
  std::string written(kReferenceMax, '\0');
  const ssize_t bytes = ::pread(out->fd(), written.data(), written.size(), 0);
  written.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  written.resize(std::min(written.size(), written.find('\n')));
  return written.empty() ? batch.id : written;
}

}  // namespace stoa::app

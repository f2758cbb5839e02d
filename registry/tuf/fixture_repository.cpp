// fixture_repository.cpp: a repository in a folder from the command line, for the end-to-end test with another client.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "registry/tuf/target_file.hpp"
#include "registry/tuf/tuf_repository.hpp"

namespace {

namespace fs = std::filesystem;
using namespace stoa::registry;

constexpr const char* kUsage =
    "usage: stoa_tuf_fixture FOLDER NOW COMMAND\n"
    "  create BINS | publish PATH FILE STATE | withdraw PATH | refresh | rotate ROLE\n"
    "NOW: seconds since 1970. FOLDER gets keys/, metadata/ and targets/.\n";

constexpr const char* kRoles[] = {"root", "timestamp", "snapshot", "targets", "releases"};

int failed(const stoa::Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.reason.c_str(), error.message.c_str());
  return 1;
}

// keys/ROLE.N.pem; the highest two N are the role's of today, those before were rotated away.
class KeyFolder {
 public:
  explicit KeyFolder(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  SigningRule make(const std::string& role) {
    SigningRule rule{.keys = {}, .threshold = 2};
    for (int i = 0, made = 0; made < 2; ++i) {
      const auto file = folder_ / (role + "." + std::to_string(i) + ".pem");
      if (fs::exists(file)) continue;
      const auto key = PrivateKey::generate();
      std::ofstream(file) << key.pem();
      rule.keys.push_back(key.public_key());
      ++made;
    }
    return rule;
  }
  std::vector<PrivateKey> all() const {
    std::vector<PrivateKey> keys;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (auto pem = read_small_file(entry.path(), 4096)) keys.push_back(PrivateKey::from_pem(*pem).value());
    return keys;
  }

 private:
  fs::path folder_;
};

stoa::Result<void> publish(TufRepository& repository, const fs::path& targets, const std::vector<std::string>& args,
                           Signers signers, TufTime now) {
  const auto bytes = read_small_file(args[1], 1 << 20);
  if (!bytes) return std::unexpected(bytes.error());
  const auto file = open_regular(args[1]);
  if (!file) return std::unexpected(file.error());
  const Target target{bytes->size(), sha256_of(*bytes), {{"state", args[2]}}};
  if (auto ok = place_target(targets, args[0], target, *file); !ok) return ok;
  const TargetChange change{args[0], target};
  return repository.publish({&change, 1}, signers, now);
}

stoa::Result<void> rotate(TufRepository& repository, KeyFolder& keys, const std::string& role, TufTime now) {
  RotatedRules rules;
  std::optional<SigningRule>* const slots[] = {&rules.root, &rules.timestamp, &rules.snapshot, &rules.targets,
                                               &rules.releases};
  for (std::size_t i = 0; i < std::size(kRoles); ++i)
    if (role == kRoles[i]) *slots[i] = keys.make(role);
  const auto private_keys = keys.all();
  std::vector<const PrivateKey*> signers;
  for (const auto& key : private_keys) signers.push_back(&key);
  return repository.rotate(rules, signers, now);
}

int run(const fs::path& folder, TufTime now, const std::string& command, const std::vector<std::string>& args) {
  KeyFolder keys(folder / "keys");
  SigningRules rules;
  if (command == "create")
    rules = {keys.make("root"), keys.make("timestamp"), keys.make("snapshot"), keys.make("targets"),
             keys.make("releases")};
  const auto private_keys = keys.all();
  std::vector<const PrivateKey*> signers;
  for (const auto& key : private_keys) signers.push_back(&key);
  if (command == "create") {
    unsigned bins = 0;
    std::from_chars(args[0].data(), args[0].data() + args[0].size(), bins);
    const auto made = TufRepository::create(folder / "metadata", rules, bins, {}, signers, now);
    return made ? 0 : failed(made.error());
  }
  auto repository = TufRepository::open(folder / "metadata", {});
  if (!repository) return failed(repository.error());
  stoa::Result<void> done;
  if (command == "publish") done = publish(*repository, folder / "targets", args, signers, now);
  if (command == "refresh") done = repository->refresh(signers, now);
  if (command == "rotate") done = rotate(*repository, keys, args[0], now);
  if (command == "withdraw") {
    const TargetChange change{args[0], {}};
    done = repository->publish({&change, 1}, signers, now);
  }
  return done ? 0 : failed(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  struct CommandRow {
    std::string name;
    int arguments;
  };
  const CommandRow rows[] = {{"create", 1}, {"publish", 3}, {"withdraw", 1}, {"refresh", 0}, {"rotate", 1}};
  std::vector<std::string> args(argv + 1, argv + argc);
  std::int64_t seconds = 0;
  for (const auto& row : rows) {
    if (args.size() < 3 || args[2] != row.name || args.size() != 3 + static_cast<std::size_t>(row.arguments)) continue;
    if (std::from_chars(args[1].data(), args[1].data() + args[1].size(), seconds).ec != std::errc()) break;
    return run(args[0], TufTime(std::chrono::seconds(seconds)), row.name, {args.begin() + 3, args.end()});
  }
  std::fputs(kUsage, stderr);
  return 2;
}

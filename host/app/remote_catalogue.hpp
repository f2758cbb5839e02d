// remote_catalogue.hpp: another host's registry, followed: its signed metadata and its packages, kept in a folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/serve_rule.hpp"
#include "host/app/served_plans.hpp"
#include "host/client/http_client.hpp"
#include "registry/blobs/upload.hpp"
#include "registry/catalogue/resolution_store.hpp"
#include "registry/feed/followed_feed.hpp"
#include "registry/package/package_reader.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Threads: start and stop one; read, package and standing any. One of its own asks for the timestamp and waits for the
// next one (long poll), so that a revocation is heard at once.
class RemoteCatalogue {
 public:
  struct Parts {
    const FollowConfig& config;
    ServeRule serve;
    std::uint32_t keep_s = 86'400;  // how long a package stays that nothing needs any more
    std::filesystem::path folder;   // metadata/ and blobs/ lie in it
    Log& log;
    std::function<void()> changed;                        // another state is there
    std::function<void(std::int64_t unix_ms)> signed_at;  // what is followed was: no earlier time is right
    std::function<void(const registry::PublicRelease& release)> revoked;  // heard just now
  };
  static Result<std::unique_ptr<RemoteCatalogue>> open(Parts parts);
  ~RemoteCatalogue() { stop(); }

  // Asks once, and takes what the folder holds where the registry is out of reach; blocks so long. Then goes on by
  // itself.
  void start();
  void stop();

  // What became other since the last call, and these models. unavailable "follow.nothing": nothing was ever heard, or
  // all of it has expired.
  Result<registry::ResolutionChange> read(const std::set<std::string>& models);
  // Downloads it where it is not here yet, from where an earlier attempt stopped; verified by the digest that the
  // metadata says and by its publisher's signature. Blocks.
  Result<registry::Package> package(const WantedPackage& package);
  // Removes the packages that were needed by nothing for keep_s, and what is left of downloads that came to nothing.
  // Needed ones are young again. Blocks.
  void keep_only(const std::set<registry::Sha256>& needed);

  struct Standing {
    std::uint64_t version = 0;   // of the timestamp that is served
    std::int64_t expires_s = 0;  // its expiry, Unix time; 0: none
    std::int64_t heard_s = 0;    // when the registry last confirmed it
    std::string reason;          // why it was not followed the last time; empty: it was
    std::string message;
    std::map<std::string, std::uint64_t> refused;  // by reason
  };
  Standing standing() const;

 private:
  explicit RemoteCatalogue(Parts parts) : parts_(std::move(parts)) {}
  Result<std::string> fetch(std::string_view name, std::uint64_t bytes_max);
  Result<bool> wait_for_another();
  void run();
  void follow();
  void confirm();
  void take();
  void fail(Error error);
  bool pause();
  Result<void> download(const registry::PublicRelease& release);
  Result<std::unique_ptr<client::HttpClient>> connect(long silence_s_max) const;

  const Parts parts_;
  std::unique_ptr<registry::BlobStore> blobs_;
  std::unique_ptr<registry::Uploads> downloads_;
  std::unique_ptr<client::HttpClient> metadata_client_;  // its thread's
  std::unique_ptr<registry::FollowedFeed> feed_;         // its thread's
  std::string tag_;                                      // its thread's; of the timestamp that was followed
  bool has_state_ = false;                               // its thread's
  std::set<std::string> revoked_;                        // its thread's; ids of releases
  std::mutex download_mutex_;
  std::unique_ptr<client::HttpClient> download_client_;  // Lock: download_mutex_
  std::pair<std::string, std::uint64_t> told_download_;  // the log: of what, and from where. Lock: download_mutex_
  std::thread thread_;
  std::atomic<bool> is_stopped_{false};
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::optional<registry::FollowedState> state_;  // Lock: mutex_; cheap to copy: readers keep what they read
  std::optional<std::set<std::string>> unread_ =
      std::set<std::string>();  // Lock: mutex_; names that changed since read(); nothing: everything
  Standing standing_;           // Lock: mutex_
};

}  // namespace stoa::app

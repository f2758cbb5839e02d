// journal_copy.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/journal_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <vector>

#include "licensing/journal/segment.hpp"
#include "licensing/log/tile.hpp"
#include "registry/document/file.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::file_error;

std::unexpected<Error> damaged_copy(const fs::path& path, std::string_view how) {
  return failure(Code::data_loss, "journal.damaged", fmt::format("{}: {}", path.filename().string(), how));
}

// What a copy gets: whole frames as they are, the last one perhaps cut; a file as long as the original.
class CopiedSegments final {
 public:
  explicit CopiedSegments(fs::path folder) : folder_(std::move(folder)) {}

  Result<void> begin(const Segment& segment) {
    path_ = folder_ / segment.path.filename();
    file_ = registry::File(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file_.fd() < 0) return std::unexpected(file_error("make", path_, errno));
    std::vector<std::byte> head(kSegmentHeadBytes);
    if (auto read = registry::read_at(segment.file, 0, head); !read) return read;
    return registry::write_all(file_, head);
  }
  Result<void> take(std::span<const std::byte> frame) { return registry::write_all(file_, frame); }
  Result<void> end(const Segment& segment) {
    if (::ftruncate(file_.fd(), static_cast<off_t>(segment.bytes)) != 0 || ::fsync(file_.fd()) != 0)
      return std::unexpected(file_error("write", path_, errno));
    return {};
  }

 private:
  const fs::path folder_;
  fs::path path_;
  registry::File file_;
};

// The entries of a frame that come before the first that is not wanted.
Result<FrameBuilder> cut(const Frame& frame, const VisitEntry& visit, std::uint64_t& next, bool& goes_on) {
  FrameBuilder kept;
  const auto entries = entries_of(frame.body);
  if (!entries) return std::unexpected(entries.error());
  for (const std::string_view entry : *entries) {
    goes_on = visit(next, entry);
    if (!goes_on) break;
    kept.add(entry);
    ++next;
  }
  return kept;
}

Result<void> take_frame(const Segment& segment, std::uint64_t offset, const Frame& frame, const VisitEntry& visit,
                        CopiedSegments* copy, std::uint64_t& next, bool& goes_on) {
  if (frame.first != next) return damaged_copy(segment.path, fmt::format("entries are missing before byte {}", offset));
  auto kept = cut(frame, visit, next, goes_on);
  if (!kept) return std::unexpected(kept.error());
  if (!copy || kept->is_empty()) return {};
  const auto* const whole = reinterpret_cast<const std::byte*>(frame.body.data()) - kFrameHeadBytes;
  return copy->take(goes_on ? std::span(whole, frame.bytes) : kept->seal(segment.journal, frame.first));
}

Result<void> walk_segment(const Segment& segment, const VisitEntry& visit, CopiedSegments* copy, std::uint64_t& next,
                          bool& goes_on, bool is_last) {
  if (segment.first != next)
    return damaged_copy(segment.path, fmt::format("begins with entry {}, and {} is the next", segment.first, next));
  if (copy)
    if (auto begun = copy->begin(segment); !begun) return begun;
  std::uint64_t offset = kSegmentHeadBytes;
  for (;;) {
    Result<void> result;
    const auto end = scan(segment, offset, [&](std::uint64_t at, const Frame& frame) {
      result = take_frame(segment, at, frame, visit, copy, next, goes_on);
      return goes_on && result.has_value();
    });
    if (!end) return std::unexpected(end.error());
    if (!result) return result;
    if (end->state != FrameState::broken) break;
    // Half written, or damaged: a frame is begun when the one before it is whole, which by now it may be.
    const auto goes_on_there = goes_on_behind(segment, {end->offset, next});
    if (!goes_on_there) return std::unexpected(goes_on_there.error());
    if (is_last && !*goes_on_there) break;
    if (!is_last || end->offset == offset)
      return damaged_copy(segment.path, fmt::format("is broken at byte {}", end->offset));
    offset = end->offset;  // once more from there
  }
  return copy ? copy->end(segment) : Result<void>();
}

Result<std::uint64_t> walk(const fs::path& folder, const VisitEntry& visit, CopiedSegments* copy) {
  const auto paths = segments_in(folder);
  if (!paths) return std::unexpected(paths.error());
  std::uint64_t next = 0;
  bool goes_on = true;
  for (std::size_t i = 0; i < paths->size() && goes_on; ++i) {
    const auto segment = open_segment((*paths)[i]);
    if (!segment) return std::unexpected(segment.error());
    const bool is_last = i + 1 == paths->size();
    if (auto walked = walk_segment(*segment, visit, copy, next, goes_on, is_last); !walked)
      return std::unexpected(walked.error());
  }
  return next;
}

}  // namespace

Result<std::uint64_t> read_journal_folder(const fs::path& folder, const VisitEntry& visit) {
  return walk(folder, visit, nullptr);
}

Result<std::uint64_t> copy_journal(const fs::path& folder, const fs::path& to, const VisitEntry& keeps) {
  std::error_code error;
  if (!fs::create_directory(to, error)) return std::unexpected(file_error("make", to, error ? error.value() : EEXIST));
  fs::permissions(to, fs::perms::owner_all, error);
  CopiedSegments copied(to);
  auto entries = walk(folder, keeps, &copied);
  if (!entries) return entries;
  if (auto durable = sync_folder(to); !durable) return std::unexpected(durable.error());
  return entries;
}

}  // namespace stoa::licensing

// segment.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "licensing/journal/block_file.hpp"

namespace stoa::licensing {
namespace {

using registry::File;
using registry::file_error;

constexpr std::string_view kSuffix = ".segment", kMagic = "STOAJRN1";
constexpr std::size_t kWindowBytes = 1u << 20;
constexpr std::uint64_t kMarkBytes = 256u << 10;  // between two marks

// The first bytes of a segment; the rest of its page is zeros.
struct Head {
  char magic[8];
  JournalId journal;
  std::uint64_t first;
  std::uint32_t crc, zero;
};

std::uint32_t crc_of(const Head& head) { return ::libdeflate_crc32(0, &head, offsetof(Head, crc)); }

Result<File> open_for_writing(const std::filesystem::path& path, int more) {
  File file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | more, 0600));
  if (file.fd() < 0) return std::unexpected(file_error("open a segment", path, errno));
  return file;
}

std::unexpected<Error> damaged(const std::filesystem::path& path, std::string_view how) {
  return failure(Code::data_loss, "journal.damaged", fmt::format("{}: {}", path.filename().string(), how));
}

// Reads a segment in blocks that grow to hold a whole frame.
class Window {
 public:
  explicit Window(const Segment& segment) : segment_(segment) {}

  // The bytes from offset on: at least `wanted` of them, where the file has so many.
  Result<std::span<const std::byte>> at(std::uint64_t offset, std::size_t wanted) {
    const std::uint64_t there = segment_.bytes - offset;
    if (offset < begin_ || offset + std::min<std::uint64_t>(wanted, there) > begin_ + bytes_.size()) {
      const bool goes_on = !bytes_.empty() && offset >= begin_;
      begin_ = offset;
      bytes_.resize(std::min<std::uint64_t>(std::max(wanted, kWindowBytes), there));
      if (auto read = registry::read_at(segment_.file, offset, bytes_); !read) return std::unexpected(read.error());
      // What was written past the cache comes from the disk: whoever reads on does not wait for it a second time.
      if (goes_on)
        (void)::posix_fadvise(segment_.file.fd(), static_cast<off_t>(offset + bytes_.size()), kWindowBytes,
                              POSIX_FADV_WILLNEED);
    }
    return std::span<const std::byte>(bytes_).subspan(offset - begin_);
  }

 private:
  const Segment& segment_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> bytes_;
};

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

Result<bool> is_zero_from(const Segment& segment, std::uint64_t offset) {
  Window window(segment);
  while (offset < segment.bytes) {
    const auto bytes = window.at(offset, 1);
    if (!bytes) return std::unexpected(bytes.error());
    if (!is_zero(*bytes)) return false;
    offset += bytes->size();
  }
  return true;
}

// Whether a later frame of this journal is whole behind what is none: at every place where one may begin.
Result<bool> has_whole_frame_behind(const Segment& segment, const Recovered& recovered) {
  Window window(segment);
  for (std::uint64_t offset = recovered.offset + kFrameAlignment; offset + kFrameHeadBytes <= segment.bytes;
       offset += kFrameAlignment) {
    auto bytes = window.at(offset, kFrameHeadBytes);
    if (!bytes) return std::unexpected(bytes.error());
    std::uint32_t magic;
    std::memcpy(&magic, bytes->data(), sizeof magic);
    if (magic != kFrameMagic) continue;
    bytes = window.at(offset, kFrameHeadBytes + kFrameBodyBytesMax);
    if (!bytes) return std::unexpected(bytes.error());
    const FrameRead read = read_frame(segment.journal, *bytes);
    if (read.state == FrameState::whole && read.frame.first >= recovered.next) return true;
  }
  return false;
}

Result<void> make_zeros(const Segment& segment, std::uint64_t from, Disk& disk) {
  const std::vector<std::byte> zeros(kWindowBytes);
  for (std::uint64_t at = from; at < segment.bytes;) {
    const ssize_t wrote =
        disk.write_durably(segment.file.fd(), zeros.data(), std::min<std::uint64_t>(zeros.size(), segment.bytes - at),
                           static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(file_error("mend a segment", segment.path, wrote == 0 ? ENOSPC : errno));
    at += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

}  // namespace

Result<void> sync_folder(const std::filesystem::path& folder) {
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd() < 0 || ::fsync(opened.fd()) != 0)
    return std::unexpected(file_error("make a folder durable", folder, errno));
  return {};
}

void mark_frame(std::vector<FrameMark>& marks, const FrameMark& frame) {
  if (marks.empty() || frame.offset - marks.back().offset >= kMarkBytes) marks.push_back(frame);
}

namespace {

// What the start before laid out and did not use. Rationale: a host that is started again and again would write as much
// as all it books, each time.
bool is_prepared(const std::filesystem::path& path, std::uint64_t bytes) {
  auto file = open_for_writing(path, 0);
  if (!file) return false;
  const auto size = registry::size_of_file(*file);
  if (!size || *size != bytes) return false;
  const Segment segment{path, std::move(*file), {}, 0, bytes};
  const auto is_zero = is_zero_from(segment, 0);
  return is_zero && *is_zero && ::fsync(segment.file.fd()) == 0;
}

}  // namespace

Result<void> prepare_segment(const std::filesystem::path& path, std::uint64_t bytes) {
  if (is_prepared(path, bytes)) return {};
  auto file = open_for_writing(path, O_CREAT | O_TRUNC);
  if (!file) return std::unexpected(file.error());
  auto laid_out = lay_out(*file, path, bytes);
  if (!laid_out) ::unlink(path.c_str());
  return laid_out;
}

Result<Segment> use_segment(const std::filesystem::path& prepared, JournalId journal, std::uint64_t first, Disk& disk) {
  auto file = open_for_writing(prepared, 0);
  if (!file) return std::unexpected(file.error());
  auto bytes = registry::size_of_file(*file);
  if (!bytes) return std::unexpected(bytes.error());
  Head head{};
  std::ranges::copy(kMagic, head.magic);
  head.first = first;
  head.journal = journal;
  head.crc = crc_of(head);
  const auto path = prepared.parent_path() / fmt::format("{:020}{}", first, kSuffix);
  if (disk.write_durably(file->fd(), &head, sizeof head, 0) != sizeof head ||
      ::rename(prepared.c_str(), path.c_str()) != 0)
    return std::unexpected(file_error("begin a segment", path, errno));
  if (auto synced = sync_folder(path.parent_path()); !synced) return std::unexpected(synced.error());
  return Segment{path, std::move(*file), journal, first, *bytes};
}

Result<Segment> open_segment(const std::filesystem::path& path) {
  auto file = open_for_writing(path, 0);
  if (!file) return std::unexpected(file.error());
  auto bytes = registry::size_of_file(*file);
  if (!bytes) return std::unexpected(bytes.error());
  Head head{};
  if (*bytes < kSegmentHeadBytes) return damaged(path, "is shorter than its head");
  if (auto read = registry::read_at(*file, 0, std::as_writable_bytes(std::span(&head, 1))); !read)
    return std::unexpected(read.error());
  if (std::string_view(head.magic, sizeof head.magic) != kMagic || head.crc != crc_of(head))
    return damaged(path, "its head is not whole");
  if (path.filename() != fmt::format("{:020}{}", head.first, kSuffix))
    return damaged(path, fmt::format("its first entry is {}", head.first));
  return Segment{path, std::move(*file), head.journal, head.first, *bytes};
}

Result<std::vector<std::filesystem::path>> segments_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == kSuffix) paths.push_back(at->path());
  if (error) return std::unexpected(file_error("list a journal", folder, error.value()));
  std::ranges::sort(paths);
  return paths;
}

Result<ScanEnd> scan(const Segment& segment, std::uint64_t offset, const VisitFrame& visit) {
  Window window(segment);
  for (;;) {
    auto bytes = window.at(offset, std::min<std::uint64_t>(kFrameHeadBytes, segment.bytes - offset));
    if (!bytes) return std::unexpected(bytes.error());
    FrameRead read = read_frame(segment.journal, *bytes);
    if (read.state == FrameState::broken && bytes->size() < segment.bytes - offset) {
      // Perhaps only longer than what was read so far.
      bytes = window.at(offset, std::min<std::uint64_t>(kFrameHeadBytes + kFrameBodyBytesMax, segment.bytes - offset));
      if (!bytes) return std::unexpected(bytes.error());
      read = read_frame(segment.journal, *bytes);
    }
    if (read.state != FrameState::whole) return ScanEnd{offset, read.state};
    if (!visit(offset, read.frame)) return ScanEnd{offset, FrameState::whole};
    offset += read.frame.bytes;
    if (offset >= segment.bytes) return ScanEnd{segment.bytes, FrameState::end};
  }
}

Result<Recovered> recover(const Segment& segment, Disk& disk) {
  Recovered recovered{kSegmentHeadBytes, segment.first};
  bool is_numbered_on = true;
  const auto end = scan(segment, kSegmentHeadBytes, [&](std::uint64_t offset, const Frame& frame) {
    is_numbered_on = frame.first == recovered.next;
    if (is_numbered_on) mark_frame(recovered.marks, {frame.first, offset});
    recovered.next += frame.entries;
    return is_numbered_on;
  });
  if (!end) return std::unexpected(end.error());
  recovered.offset = end->offset;
  if (!is_numbered_on) return damaged(segment.path, fmt::format("entries are missing before byte {}", end->offset));
  const auto is_clean = is_zero_from(segment, end->offset);
  if (!is_clean) return std::unexpected(is_clean.error());
  if (*is_clean) return recovered;
  const auto is_damaged = has_whole_frame_behind(segment, recovered);
  if (!is_damaged) return std::unexpected(is_damaged.error());
  if (*is_damaged)
    return damaged(segment.path, fmt::format("the commit at byte {} is not whole, later ones are", end->offset));
  if (auto mended = make_zeros(segment, end->offset, disk); !mended) return std::unexpected(mended.error());
  return recovered;
}

Result<bool> goes_on_behind(const Segment& segment, const Recovered& end) {
  return has_whole_frame_behind(segment, end);
}

}  // namespace stoa::licensing

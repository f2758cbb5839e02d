// segment.hpp: one file of the journal: laid out in full before it is used, so that a commit changes no metadata.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "licensing/journal/disk.hpp"
#include "licensing/journal/frame.hpp"
#include "registry/document/file.hpp"

namespace stoa::licensing {

inline constexpr std::size_t kSegmentHeadBytes = 4096;

// "00000000000000001234.segment": the number of its first entry.
struct Segment {
  std::filesystem::path path;
  registry::File file;
  JournalId journal{};  // tells this journal's segments from another's
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;  // of the file
};

// Where frames begin in a segment, one for each stretch of it.
struct FrameMark {
  std::uint64_t first, offset;  // of the frame's first entry, in the file
};
void mark_frame(std::vector<FrameMark>& marks, const FrameMark& frame);

// What was made or renamed in it survives the machine. Errors: file.*.
Result<void> sync_folder(const std::filesystem::path& folder);
// A file of zeros under `path`, on the disk, that use_segment() takes; one that is there already is as good. Errors:
// file.*; what was begun is removed.
Result<void> prepare_segment(const std::filesystem::path& path, std::uint64_t bytes);
// Gives a prepared file its head and its name.
Result<Segment> use_segment(const std::filesystem::path& prepared, JournalId journal, std::uint64_t first, Disk& disk);
// Errors: file.*; data_loss "journal.damaged": its head is not whole.
Result<Segment> open_segment(const std::filesystem::path& path);
// In the order of their entries.
Result<std::vector<std::filesystem::path>> segments_in(const std::filesystem::path& folder);

// Visits whole frames from `offset` on until visit says false, or there are no more: where it stopped, and before what.
struct ScanEnd {
  std::uint64_t offset = 0;
  FrameState state = FrameState::end;  // whole: visit had enough
};
using VisitFrame = std::function<bool(std::uint64_t offset, const Frame& frame)>;
Result<ScanEnd> scan(const Segment& segment, std::uint64_t offset, const VisitFrame& visit);

// Of the segment that was written last: where the next frame goes. What a write left half is made zeros.
// Each frame is begun only when the one before it is durable: if a whole one follows what is not, something else has
// damaged the file, and data_loss "journal.damaged" says where. Entries have to be numbered on from segment.first.
struct Recovered {
  std::uint64_t offset = 0, next = 0;  // next: the number of the next entry
  std::vector<FrameMark> marks = {};   // of what there is, so that nobody who starts reads it again from its beginning
};
Result<Recovered> recover(const Segment& segment, Disk& disk);
// Whether a whole frame with this entry or a later one lies behind what is none.
Result<bool> goes_on_behind(const Segment& segment, const Recovered& end);

}  // namespace stoa::licensing

// journal_copy.hpp: a journal's folder read and copied beside the process that has it open.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

// Visits the entries that are whole, in order, until visit says false: the number after the last one visited. Changes
// nothing. What is written meanwhile may be seen or not. Errors: file.*; data_loss "journal.damaged": entries are
// missing, or a segment before the last one is broken.
using VisitEntry = std::function<bool(std::uint64_t number, std::string_view entry)>;
Result<std::uint64_t> read_journal_folder(const std::filesystem::path& folder, const VisitEntry& visit);

// The same entries, up to the first that `keeps` does not want, in a journal under `to`, which is made: it has the
// original's id, and a host goes on in it. Durable. How many entries. Also: file.exists.
// Rationale: frames are read, and not bytes: a frame that is whole never changes, and what a writer has half written is
// not one.
Result<std::uint64_t> copy_journal(const std::filesystem::path& folder, const std::filesystem::path& to,
                                   const VisitEntry& keeps);

}  // namespace stoa::licensing

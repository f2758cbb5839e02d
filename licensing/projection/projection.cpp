// projection.cpp: opening a file that fits its journal, and following it. SPDX-License-Identifier: Apache-2.0
#include "licensing/projection/projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <utility>

#include "licensing/ledger/entry_codec.hpp"
#include "licensing/projection/projection_store.hpp"
#include "licensing/projection/tally.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using database::Access;
using database::Connection;

// Whatever is lost of it is in the journal: no commit has to wait for the disk. Sums are grown all over their tables:
// pages that do not fit 64 MiB go to the file and come back within one commit.
constexpr const char* kLoose = "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536";

// A sum is written once a batch, however many entries are in it; two batches of so many take some 120 MB.
constexpr std::uint64_t kFillBatch = 200'000;

std::unexpected<Error> does_not_fit(const fs::path& file, std::string_view why) {
  return failure(Code::data_loss, "projection.place", fmt::format("{}: {}", file.string(), why));
}

Result<void> require_fit(const fs::path& file, const ProjectionPlace& place, const Journal& journal) {
  if (place.journal != journal.id()) return does_not_fit(file, "is another journal's");
  if (place.position > journal.durable())
    return does_not_fit(file, fmt::format("has {} entries, the journal {}", place.position, journal.durable()));
  if (place.position == 0) return {};
  Sha256 last{};
  const auto read = journal.read(place.position - 1, [&](std::uint64_t, std::string_view record) {
    last = registry::sha256_of(record);
    return false;
  });
  if (!read) return std::unexpected(read.error());
  return last == place.last ? Result<void>()
                            : does_not_fit(file, fmt::format("the journal's entry {} is another", place.position - 1));
}

// A file with tables, which fits. Errors: those for which it is made anew are data_loss.
Result<Connection> open_writer(const fs::path& file, const Journal& journal) {
  auto writer = Connection::open(file, Access::write);
  if (!writer) return writer;
  if (auto loose = writer->run_script(kLoose); !loose) return std::unexpected(loose.error());
  const auto place = read_place(*writer);
  if (!place) return std::unexpected(place.error());
  if (*place) {
    if (auto fits = require_fit(file, **place, journal); !fits) return std::unexpected(fits.error());
  } else if (auto made = make_tables(*writer, journal.id()); !made) {
    return std::unexpected(made.error());
  }
  return writer;
}

bool is_of_no_use(const Error& error) { return error.code == Code::data_loss || error.reason == "database.corrupt"; }

Result<void> remove_database(const fs::path& file) {
  for (const char* const end : {"", "-wal", "-shm"}) {
    std::error_code error;
    fs::remove(file.string() + end, error);
    if (error) return std::unexpected(registry::file_error("remove", file.string() + end, error.value()));
  }
  return {};
}

}  // namespace

Projection::Projection(fs::path file, const Journal& journal, Connection writer, Connection reader)
    : file_(std::move(file)), journal_(journal), writer_(std::move(writer)), reader_(std::move(reader)) {}
Projection::~Projection() = default;

Result<std::unique_ptr<Projection>> Projection::open(const fs::path& file, const Journal& journal,
                                                     const std::function<void(const Error&)>& why_anew) {
  for (bool is_anew = false;; is_anew = true) {
    Result<void> opened;
    auto writer = open_writer(file, journal);
    if (writer) {
      auto reader = Connection::open(file, Access::read);
      if (!reader) return std::unexpected(reader.error());
      std::unique_ptr<Projection> projection(new Projection(file, journal, std::move(*writer), std::move(*reader)));
      opened = projection->load();
      if (opened) return projection;
    } else {
      opened = std::unexpected(writer.error());
    }
    if (is_anew || !is_of_no_use(opened.error())) return std::unexpected(opened.error());
    why_anew(opened.error());
    if (auto removed = remove_database(file); !removed) return std::unexpected(removed.error());
  }
}

Result<void> Projection::load() {
  const auto place = read_place(writer_);
  if (!place) return std::unexpected(place.error());
  auto tally = load_tally(writer_);
  if (!tally) return std::unexpected(tally.error());
  tally_ = std::move(*tally);
  position_.store((*place)->position, std::memory_order_release);
  return {};
}

// From where the tally is on.
Result<ProjectionPlace> Projection::gather(std::uint64_t from, std::size_t most) {
  ProjectionPlace reached{.journal = journal_.id(), .position = from};
  Result<void> result;
  const auto read = journal_.read(from, [&](std::uint64_t number, std::string_view record) {
    const auto entry = decode(record);
    result = entry ? tally_->add(number, *entry) : std::unexpected(entry.error());
    if (!result) result.error().message = fmt::format("entry {}: {}", number, result.error().message);
    reached.position = number + 1;
    last_record_ = record;
    return result && number + 1 - from < most;
  });
  if (!read) result = std::unexpected(read.error());
  if (!result) return std::unexpected(result.error());
  reached.last = registry::sha256_of(last_record_);
  return reached;
}

Result<std::uint64_t> Projection::advance(std::size_t most) {
  if (!tally_)
    if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  const std::uint64_t from = position();
  if (from >= journal_.durable()) return 0;
  const auto reached = gather(from, most);
  const auto written = reached ? write_batch(writer_, tally_->take(), *reached) : std::unexpected(reached.error());
  if (!written) {
    tally_.reset();
    return std::unexpected(written.error());
  }
  position_.store(reached->position, std::memory_order_release);
  return reached->position - from;
}

Result<void> Projection::fill(std::uint64_t entries, const std::function<bool(std::uint64_t)>& told) {
  if (!tally_)
    if (auto loaded = load(); !loaded) return loaded;
  if (auto roomy = writer_.run_script("PRAGMA cache_size=-262144"); !roomy) return roomy;  // 256 MiB, while it lasts
  std::future<Result<void>> writing;
  // Once the batch before is written.
  const auto written = [&]() -> Result<void> { return writing.valid() ? writing.get() : Result<void>(); };
  Result<void> result;
  for (std::uint64_t at = position(); at < std::min(entries, journal_.durable());) {
    const auto reached = gather(at, std::min(kFillBatch, entries - at));
    result = written();
    if (!reached) result = std::unexpected(reached.error());
    if (!result) break;
    position_.store(at, std::memory_order_release);
    if (!told(at)) break;
    at = reached->position;
    writing = std::async(std::launch::async, [this, batch = tally_->take(), place = *reached] {
      return write_batch(writer_, batch, place);
    });
  }
  if (auto last = written(); !last && result) result = last;
  tally_.reset();  // it may be ahead of the file
  if (result) result = writer_.run_script(kLoose);
  if (result) result = load();
  if (result) (void)told(position());
  return result;
}

Result<void> build_projection(const fs::path& file, const Journal& journal, std::uint64_t entries,
                              const std::function<bool(std::uint64_t)>& told) {
  Result<void> result;
  const auto projection = Projection::open(file, journal, [&](const Error& error) { result = std::unexpected(error); });
  if (!projection) return std::unexpected(projection.error());
  return result ? (*projection)->fill(entries, told) : result;
}

}  // namespace stoa::licensing

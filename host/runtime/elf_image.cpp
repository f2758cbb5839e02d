// elf_image.cpp: libelf opens and checks the file, the tables are walked here. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/elf_image.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stoa::runtime {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "add this machine's number in ELF"
#endif
static_assert(std::endian::native == std::endian::little, "tables are read as they lie in the file");

// Bounds against files made to keep us busy: libtorch's largest library has 250,000 symbols.
constexpr std::size_t kSegmentsMax = 256, kDynamicMax = 4096, kSymbolsMax = 4'000'000, kVersionsMax = 4096;

std::unexpected<Error> broken(std::string what) {
  return failure(Code::failed_precondition, "plugin.lint.not_elf", std::move(what));
}

// A T at an offset, copied because it may lie unaligned.
template <class T>
bool read(std::span<const std::byte> bytes, std::uint64_t offset, T& to) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&to, bytes.data() + offset, sizeof(T));
  return true;
}

}  // namespace

ElfImage::ElfImage(ElfImage&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      elf_(std::exchange(other.elf_, nullptr)),
      bytes_(other.bytes_),
      header_(other.header_),
      segments_(std::move(other.segments_)),
      dynamic_(std::move(other.dynamic_)),
      strings_(other.strings_) {}

ElfImage::~ElfImage() {
  elf_end(elf_);
  if (file_ >= 0) ::close(file_);
}

Result<ElfImage> ElfImage::open(const std::filesystem::path& file) {
  ElfImage image;
  image.file_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (image.file_ < 0) return broken("the library cannot be opened: " + std::string(std::strerror(errno)));
  elf_version(EV_CURRENT);
  image.elf_ = elf_begin(image.file_, ELF_C_READ, nullptr);
  std::size_t size = 0;
  const char* raw = image.elf_ == nullptr ? nullptr : elf_rawfile(image.elf_, &size);
  if (raw == nullptr || elf_kind(image.elf_) != ELF_K_ELF)
    return broken("the library is no ELF file (" + std::to_string(size) + " bytes)");
  image.bytes_ = {reinterpret_cast<const std::byte*>(raw), size};
  if (auto error = image.read_tables()) return std::unexpected(std::move(*error));
  return image;
}

std::optional<Error> ElfImage::read_tables() {
  const auto lies_outside = [](const char* what) {
    return Error{Code::failed_precondition, "plugin.lint.not_elf",
                 std::string("the library's ") + what + " lies outside the file, is it truncated?", 0};
  };
  if (gelf_getclass(elf_) != ELFCLASS64 || !read(bytes_, 0, header_) || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
      header_.e_machine != kMachine)
    return Error{Code::failed_precondition, "plugin.lint.machine",
                 "the library is for ELF class " + std::to_string(header_.e_ident[EI_CLASS]) + ", machine " +
                     std::to_string(header_.e_machine) + "; this host needs class 2, machine " +
                     std::to_string(kMachine),
                 0};
  std::size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0 || count == 0 || count > kSegmentsMax) return lies_outside("program header");
  for (std::size_t i = 0; i < count; ++i) {
    Elf64_Phdr segment;
    const std::uint64_t offset = header_.e_phoff + i * sizeof(segment);
    if (header_.e_phoff > bytes_.size() || header_.e_phentsize != sizeof(segment) || !read(bytes_, offset, segment))
      return lies_outside("program header");
    const bool is_in_file = segment.p_offset <= bytes_.size() && segment.p_filesz <= bytes_.size() - segment.p_offset;
    if ((segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) && !is_in_file) return lies_outside("segment");
    segments_.push_back(segment);
  }
  const auto dynamic = std::ranges::find(segments_, Elf64_Word{PT_DYNAMIC}, &Elf64_Phdr::p_type);
  if (dynamic == segments_.end()) return std::nullopt;  // an object file or a static executable; type says so
  // Where the loader looks: the address in memory, not the offset in the file.
  const auto table = at_address(dynamic->p_vaddr);
  for (std::size_t i = 0; i < kDynamicMax; ++i) {
    Elf64_Dyn entry;
    if (!read(table, i * sizeof(entry), entry)) return lies_outside("dynamic table");
    if (entry.d_tag == DT_NULL) break;
    dynamic_.push_back(entry);
  }
  const auto strings = at_address(dynamic_value(DT_STRTAB).value_or(0));
  const std::uint64_t strings_bytes = dynamic_value(DT_STRSZ).value_or(0);
  if (strings_bytes > strings.size()) return lies_outside("string table");
  strings_ = {reinterpret_cast<const char*>(strings.data()), strings_bytes};
  return std::nullopt;
}

std::span<const std::byte> ElfImage::at_address(std::uint64_t address) const {
  for (const auto& segment : segments_) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
      continue;
    const std::uint64_t within = address - segment.p_vaddr;
    return bytes_.subspan(segment.p_offset + within, segment.p_filesz - within);
  }
  return {};
}

// The last one counts, as for the loader.
std::optional<std::uint64_t> ElfImage::dynamic_value(std::int64_t tag) const {
  std::optional<std::uint64_t> value;
  for (const auto& entry : dynamic_)
    if (entry.d_tag == tag) value = entry.d_un.d_val;
  return value;
}

Result<std::string_view> ElfImage::dynamic_string(std::uint64_t offset) const {
  const std::size_t end = offset < strings_.size() ? strings_.find('\0', offset) : std::string_view::npos;
  if (end == std::string_view::npos) return broken("a name of the library lies outside its string table");
  return strings_.substr(offset, end - offset);
}

// Neither hash table says it outright: the older one has one chain entry per symbol, in the GNU one the last symbol
// ends the chain of the last bucket.
Result<std::uint64_t> ElfImage::symbol_count() const {
  std::uint64_t count = 0;
  if (const auto address = dynamic_value(DT_HASH)) {
    Elf64_Word words[2];
    if (!read(at_address(*address), 0, words)) return broken("the library's hash table lies outside the file");
    count = words[1];
  }
  if (const auto address = dynamic_value(DT_GNU_HASH)) {
    const auto table = at_address(*address);
    Elf64_Word words[4];  // buckets, first symbol, bloom words, bloom shift
    if (!read(table, 0, words)) return broken("the library's hash table lies outside the file");
    const std::uint64_t buckets = sizeof(words) + std::uint64_t{words[2]} * 8;
    const std::uint64_t chains = buckets + std::uint64_t{words[0]} * 4;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < words[0]; ++i) {
      Elf64_Word bucket;
      if (!read(table, buckets + i * 4, bucket)) return broken("the library's hash table lies outside the file");
      last = std::max<std::uint64_t>(last, bucket);
    }
    if (last < words[1]) return std::max<std::uint64_t>(count, words[1]);
    for (Elf64_Word hash = 0; (hash & 1) == 0; ++last)
      if (!read(table, chains + (last - words[1]) * 4, hash))
        return broken("the library's hash table lies outside the file");
    count = std::max(count, last);
  }
  if (count > kSymbolsMax) return broken("the library has " + std::to_string(count) + " symbols");
  return count;
}

Result<std::vector<ElfSymbol>> ElfImage::exports() const {
  const auto count = symbol_count();
  if (!count) return std::unexpected(count.error());
  const auto table = at_address(dynamic_value(DT_SYMTAB).value_or(0));
  std::vector<ElfSymbol> found;
  for (std::uint64_t i = 1; i < *count; ++i) {  // 0 is the null symbol
    Elf64_Sym symbol;
    if (!read(table, i * sizeof(symbol), symbol)) return broken("the library's symbols lie outside the file");
    const auto binding = static_cast<unsigned char>(ELF64_ST_BIND(symbol.st_info));
    if (symbol.st_shndx == SHN_UNDEF || binding == STB_LOCAL) continue;
    const auto name = dynamic_string(symbol.st_name);
    if (!name) return std::unexpected(name.error());
    found.push_back({*name, binding, static_cast<unsigned char>(ELF64_ST_TYPE(symbol.st_info))});
  }
  return found;
}

Result<std::vector<std::string_view>> ElfImage::versions_needed() const {
  std::vector<std::string_view> found;
  const auto table = at_address(dynamic_value(DT_VERNEED).value_or(0));
  const std::uint64_t files = std::min<std::uint64_t>(dynamic_value(DT_VERNEEDNUM).value_or(0), kVersionsMax);
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < files; ++i) {
    Elf64_Verneed need;
    if (!read(table, at, need)) return broken("the library's needed versions lie outside the file");
    std::uint64_t aux_at = at + need.vn_aux;
    for (unsigned k = 0; k < need.vn_cnt && found.size() < kVersionsMax; ++k) {
      Elf64_Vernaux aux;
      if (!read(table, aux_at, aux)) return broken("the library's needed versions lie outside the file");
      const auto name = dynamic_string(aux.vna_name);
      if (!name) return std::unexpected(name.error());
      found.push_back(*name);
      aux_at += aux.vna_next;
    }
    at += need.vn_next;
  }
  return found;
}

}  // namespace stoa::runtime

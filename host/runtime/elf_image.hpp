// elf_image.hpp: a shared library's dynamic table, symbols and needed versions, read from the file with every offset
// checked. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <elf.h>
#include <libelf.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::runtime {

struct ElfSymbol {
  std::string_view name;
  unsigned char binding = 0, type = 0;
};

class ElfImage {
 public:
  // Error: reason "plugin.lint.not_elf" or "plugin.lint.machine".
  static Result<ElfImage> open(const std::filesystem::path& file);
  ElfImage(ElfImage&& other) noexcept;
  ElfImage& operator=(ElfImage&&) = delete;
  ~ElfImage();

  std::uint16_t type() const { return header_.e_type; }
  std::span<const Elf64_Phdr> segments() const { return segments_; }
  std::span<const Elf64_Dyn> dynamic() const { return dynamic_; }
  std::optional<std::uint64_t> dynamic_value(std::int64_t tag) const;
  Result<std::string_view> dynamic_string(std::uint64_t offset) const;

  // The symbols others can bind to: defined, in the dynamic symbol table.
  Result<std::vector<ElfSymbol>> exports() const;
  // "GLIBC_2.36" and the like, of all libraries it needs.
  Result<std::vector<std::string_view>> versions_needed() const;

 private:
  ElfImage() = default;
  std::optional<Error> read_tables();
  // The file's bytes at a virtual address, to the end of the segment's file part; empty when there are none.
  std::span<const std::byte> at_address(std::uint64_t address) const;
  Result<std::uint64_t> symbol_count() const;

  int file_ = -1;
  Elf* elf_ = nullptr;
  std::span<const std::byte> bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Dyn> dynamic_;
  std::string_view strings_;
};

}  // namespace stoa::runtime

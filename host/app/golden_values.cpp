// golden_values.cpp: golden values go through the same JSON tensor reader as requests do.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/golden_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "host/api/tensor_memory.hpp"
#include "host/api/v2_json_reader.hpp"

namespace stoa::app {
namespace {

std::unexpected<Error> refuse(const registry::GoldenTensor& tensor, std::string_view what) {
  return failure(Code::invalid_argument, "package.golden", fmt::format("golden value of {}: {}", tensor.name, what));
}

// Tensor memory, because an asset may be a tensor's raw bytes.
Result<std::pair<std::shared_ptr<std::byte[]>, std::size_t>> hold(const registry::GoldenTensor& tensor,
                                                                  const std::filesystem::path& folder) {
  std::string content = tensor.data_bytes;
  if (!tensor.data_asset.empty()) {
    std::ifstream in(folder / tensor.data_asset, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return refuse(tensor, fmt::format("cannot read {}", tensor.data_asset));
    content = std::move(text).str();
  }
  auto memory = api::allocate_tensor(content.size());
  std::memcpy(memory.get(), content.data(), content.size());
  return std::pair{std::move(memory), content.size()};
}

Result<void> read_elements(const registry::GoldenTensor& tensor, runtime::InputPart& part) {
  std::string text = fmt::format(R"({{"inputs":[{{"name":"golden","datatype":"{}","shape":[{}],"data":{}}}]}})",
                                 name_of(tensor.datatype), fmt::join(tensor.shape, ","), tensor.data_json);
  const std::size_t size = text.size();
  text.resize(size + 64, '\0');  // what the reader may look at behind its text
  auto request = api::V2JsonReader().read({text.data(), size}, std::numeric_limits<std::int64_t>::max());
  if (!request) return refuse(tensor, request.error().message);
  api::TensorData& data = request->inputs.at(0).data;
  if (tensor.datatype == DataType::bytes) {
    part.kind = runtime::PartKind::strings;
    part.strings = std::move(data.strings);
  } else {
    part.data = data.bytes;
  }
  part.keep = std::move(data.keep);
  return {};
}

}  // namespace

Result<runtime::InputPart> golden_part(const registry::GoldenTensor& tensor, runtime::PartKind kind,
                                       const std::filesystem::path& folder) {
  runtime::InputPart part;
  part.name = tensor.name;
  part.media_type = tensor.media_type;
  part.kind = kind;
  part.datatype = tensor.datatype;
  part.shape = tensor.shape;
  const bool is_tensor = kind == runtime::PartKind::tensor;
  if (is_tensor && tensor.data_asset.empty()) {
    if (auto read = read_elements(tensor, part); !read) return std::unexpected(read.error());
    return part;
  }
  registry::GoldenTensor content = tensor;
  if (kind == runtime::PartKind::json && tensor.data_asset.empty()) content.data_bytes = tensor.data_json;
  auto held = hold(content, folder);
  if (!held) return std::unexpected(held.error());
  part.data = {held->first.get(), held->second};
  part.keep = held->first;
  if (is_tensor) {
    std::uint64_t bytes = size_of(tensor.datatype);
    for (const std::int64_t extent : tensor.shape) bytes *= static_cast<std::uint64_t>(extent);
    if (bytes != held->second)
      return refuse(tensor, fmt::format("{} has {} bytes, its shape takes {}", tensor.data_asset, held->second, bytes));
  }
  return part;
}

}  // namespace stoa::app

// not_offered.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/not_offered.hpp"

#include "host/api/problem.hpp"

namespace stoa::api {
namespace {

constexpr std::string_view kConfig =
    "path: a Triton model configuration is not offered, GET /v2/models/{model} tells ports, version and limits";
constexpr std::string_view kTrace =
    "path: trace settings are not offered, send the field traceparent and the model gets it";
constexpr std::string_view kLogging = "path: log settings are not offered over HTTP, the host's configuration has them";
constexpr std::string_view kIndex =
    "path: this host has one repository without a name, POST /v2/repository/index lists it";
constexpr std::string_view kLoad =
    "path: models are not loaded or unloaded over HTTP, the operator changes the folder of packages and restarts the "
    "host";
constexpr std::string_view kSharedMemory =
    "path: shared memory regions are not offered, send tensors in the request, as JSON or with binary_data_size";

constexpr NotOffered kRows[] = {
    {"config", "ModelConfig", true, false, kConfig},
    {"trace/setting", "ModelTraceSetting", true, true, kTrace},
    {"/v2/trace/setting", "TraceSetting", true, true, kTrace},
    {"/v2/logging", "LogSetting", true, true, kLogging},
    {"/v2/repository/{repository}/index", "NamedRepositoryIndex", false, true, kIndex},
    {"/v2/repository/models/{model}/load", "LoadModelOfAnybody", false, true, kLoad},
    {"/v2/repository/models/{publisher}/{model}/load", "LoadModel", false, true, kLoad},
    {"/v2/repository/models/{model}/unload", "UnloadModelOfAnybody", false, true, kLoad},
    {"/v2/repository/models/{publisher}/{model}/unload", "UnloadModel", false, true, kLoad},
    {"/v2/systemsharedmemory/{rest...}", "SystemSharedMemory", true, true, kSharedMemory},
    {"/v2/cudasharedmemory/{rest...}", "CudaSharedMemory", true, true, kSharedMemory},
};

}  // namespace

std::span<const NotOffered> not_offered() { return kRows; }

http::Response refuse_not_offered(const NotOffered& row) {
  return v2_error({Code::unimplemented, "route.not_offered", std::string(row.says), 0});
}

}  // namespace stoa::api

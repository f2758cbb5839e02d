// image_decode.cpp: libpng and TurboJPEG from memory, with limits; resampling by area and bilinear weights.
// SPDX-License-Identifier: Apache-2.0
#include "image_decode.hpp"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

namespace image_classify {
namespace {

std::string extent(std::size_t width, std::size_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

void check_size(std::size_t width, std::size_t height) {
  if (width > kImageSideMax || height > kImageSideMax || width * height > kImagePixelsMax)
    throw ImageError("image.too_large", "image has " + extent(width, height) + " pixels, limits are " +
                                            std::to_string(kImageSideMax) + " a side and " +
                                            std::to_string(kImagePixelsMax) + " in all");
}

GreyImage decode_png(const void* bytes, std::size_t size) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  std::unique_ptr<png_image, void (*)(png_image*)> freed(&png, png_image_free);
  if (!png_image_begin_read_from_memory(&png, bytes, size))
    throw ImageError("image.not_decodable", std::string("png: ") + png.message);
  check_size(png.width, png.height);
  png.format = PNG_FORMAT_GRAY;
  GreyImage image{png.width, png.height, std::vector<std::uint8_t>(std::size_t{png.width} * png.height)};
  const png_color black{0, 0, 0};
  if (!png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr))
    throw ImageError("image.not_decodable", std::string("png: ") + png.message);
  return image;
}

GreyImage decode_jpeg(const void* bytes, std::size_t size) {
  std::unique_ptr<void, int (*)(void*)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) throw std::runtime_error(tjGetErrorStr2(nullptr));
  const auto* data = static_cast<const unsigned char*>(bytes);
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, size, &width, &height, &subsampling, &colours) != 0)
    throw ImageError("image.not_decodable", std::string("jpeg: ") + tjGetErrorStr2(decoder.get()));
  check_size(static_cast<std::size_t>(width), static_cast<std::size_t>(height));
  GreyImage image{static_cast<std::size_t>(width), static_cast<std::size_t>(height), {}};
  image.pixels.resize(image.width * image.height);
  // LIMITSCANS: a progressive file may ask for thousands of passes over its pixels.
  if (tjDecompress2(decoder.get(), data, size, image.pixels.data(), width, 0, height, TJPF_GRAY, TJFLAG_LIMITSCANS) !=
      0)
    throw ImageError("image.not_decodable", std::string("jpeg: ") + tjGetErrorStr2(decoder.get()));
  return image;
}

// One output pixel along one axis: a weighted sum of inputs[first .. first + weights.size()).
struct Tap {
  std::size_t first = 0;
  std::vector<float> weights;
};

std::vector<Tap> taps(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Tap> result(to);
  for (std::size_t i = 0; i < to; ++i) {
    auto& tap = result[i];
    if (scale >= 1) {  // the mean of the inputs in [low, high), those at the edges in part
      const double low = static_cast<double>(i) * scale;
      const double high = std::min(low + scale, static_cast<double>(from));
      tap.first = std::min(static_cast<std::size_t>(low), from - 1);
      const auto last = std::min(static_cast<std::size_t>(std::ceil(high)), from);
      for (auto k = tap.first; k < last; ++k) {
        const double covered = std::min(high, static_cast<double>(k + 1)) - std::max(low, static_cast<double>(k));
        tap.weights.push_back(static_cast<float>(std::max(covered, 0.0) / (high - low)));
      }
    } else {  // between the two inputs whose centres lie around this one's
      const double last = static_cast<double>(from - 1);
      const double at = std::clamp((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0, last);
      tap.first = static_cast<std::size_t>(at);
      const auto part = static_cast<float>(at - static_cast<double>(tap.first));
      tap.weights = {1 - part};
      if (part > 0) tap.weights.push_back(part);
    }
  }
  return result;
}

std::size_t fitted(std::size_t side, std::size_t longest) {
  return std::max<std::size_t>(1, (side * kSide + longest / 2) / longest);
}

}  // namespace

GreyImage decode_grey(const void* bytes, std::size_t size) {
  static constexpr unsigned char kPng[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  static constexpr unsigned char kJpeg[] = {0xff, 0xd8, 0xff};
  if (size >= sizeof kPng && std::memcmp(bytes, kPng, sizeof kPng) == 0) return decode_png(bytes, size);
  if (size >= sizeof kJpeg && std::memcmp(bytes, kJpeg, sizeof kJpeg) == 0) return decode_jpeg(bytes, size);
  throw ImageError("image.not_decodable",
                   "its " + std::to_string(size) + " bytes start with neither a png nor a jpeg signature");
}

void fit_to_model(const GreyImage& image, float* out) {
  const auto longest = std::max(image.width, image.height);
  const auto width = fitted(image.width, longest), height = fitted(image.height, longest);
  const auto left = (kSide - width) / 2, top = (kSide - height) / 2;
  const auto across = taps(image.width, width), down = taps(image.height, height);

  std::fill_n(out, kPixels, 0.0f);
  std::vector<float> squeezed(width);  // one input row at the output's width
  for (std::size_t y = 0; y < height; ++y) {
    float* row = out + (top + y) * kSide + left;
    for (std::size_t k = 0; k < down[y].weights.size(); ++k) {
      const auto* source = &image.pixels[(down[y].first + k) * image.width];
      for (std::size_t x = 0; x < width; ++x) {
        float sum = 0;
        for (std::size_t j = 0; j < across[x].weights.size(); ++j)
          sum += across[x].weights[j] * static_cast<float>(source[across[x].first + j]);
        squeezed[x] = sum;
      }
      for (std::size_t x = 0; x < width; ++x) row[x] += down[y].weights[k] * squeezed[x];
    }
    for (std::size_t x = 0; x < width; ++x) row[x] /= 255;
  }
}

}  // namespace image_classify

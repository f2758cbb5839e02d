// image_decode.hpp: PNG and JPEG bytes to the 28 x 28 grey image the model takes. No Stoa, no torch.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace image_classify {

inline constexpr std::size_t kSide = 28;
inline constexpr std::size_t kPixels = kSide * kSide;

// A picture of a few kilobytes may declare gigabytes of pixels: these are checked on the header, before any is decoded.
// 4,096 is what a phone's camera gives at 12 megapixels; such an image needs 16 MiB here.
inline constexpr std::size_t kImageSideMax = 8192;
inline constexpr std::size_t kImagePixelsMax = 4096u * 4096u;

// reason: "image.not_decodable" (not PNG or JPEG, or broken) or "image.too_large".
class ImageError : public std::runtime_error {
 public:
  ImageError(const char* reason, const std::string& message) : std::runtime_error(message), reason_(reason) {}
  const char* reason() const noexcept { return reason_; }

 private:
  const char* reason_;
};

struct GreyImage {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  // row-major
};

// Colours become luma; what is transparent becomes black, the background of the training images. An image that decodes
// only in part is refused. Throws ImageError.
GreyImage decode_grey(const void* bytes, std::size_t size);

// Fits the image into 28 x 28, aspect kept and centred on black, values in 0..1. Every output pixel is the mean of the
// area it covers when the image shrinks, and bilinear when it grows. A 28 x 28 image comes out unchanged.
void fit_to_model(const GreyImage& image, float* out);

}  // namespace image_classify

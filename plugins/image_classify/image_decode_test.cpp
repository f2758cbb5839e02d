// image_decode_test.cpp: what PNG and JPEG decode to, what is refused and why, and how images are fitted to 28 x 28.
// SPDX-License-Identifier: Apache-2.0
#include "image_decode.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <array>
#include <cstring>
#include <functional>
#include <numeric>

namespace image_classify {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes png(unsigned width, unsigned height, unsigned format, const std::vector<std::uint8_t>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  EXPECT_TRUE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr)) << image.message;
  Bytes bytes(size);
  EXPECT_TRUE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr)) << image.message;
  return bytes;
}

Bytes jpeg(int width, int height, int format, const std::vector<std::uint8_t>& pixels, int flags = 0) {
  const auto encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int subsampling = format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444;
  EXPECT_EQ(tjCompress2(encoder, pixels.data(), width, 0, height, format, &bytes, &size, subsampling, 98, flags), 0)
      << tjGetErrorStr2(encoder);
  Bytes result(bytes, bytes + size);
  tjFree(bytes);
  tjDestroy(encoder);
  return result;
}

std::vector<std::uint8_t> ramp(std::size_t n) {
  std::vector<std::uint8_t> pixels(n);
  for (std::size_t i = 0; i < n; ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 % 256);
  return pixels;
}

GreyImage decode(const Bytes& bytes) { return decode_grey(bytes.data(), bytes.size()); }

std::array<float, kPixels> fit(const GreyImage& image) {
  std::array<float, kPixels> out{};
  fit_to_model(image, out.data());
  return out;
}

TEST(ImageDecode, GreyPngIsUnchanged) {
  const auto image = decode(png(28, 28, PNG_FORMAT_GRAY, ramp(kPixels)));
  EXPECT_EQ(image.width, 28u);
  EXPECT_EQ(image.height, 28u);
  EXPECT_EQ(image.pixels, ramp(kPixels));
}

TEST(ImageDecode, ColoursBecomeLuma) {
  struct Row {
    std::array<std::uint8_t, 3> rgb;
    int grey_min, grey_max;  // libpng weighs linear light, jpeg the coded values
  };
  for (const Row& row : {Row{{255, 255, 255}, 255, 255}, Row{{0, 0, 0}, 0, 0}, Row{{128, 128, 128}, 127, 129},
                         Row{{255, 0, 0}, 70, 130}, Row{{0, 255, 0}, 145, 225}, Row{{0, 0, 255}, 25, 80}}) {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < 16 * 16; ++i) pixels.insert(pixels.end(), row.rgb.begin(), row.rgb.end());
    for (const auto& bytes : {png(16, 16, PNG_FORMAT_RGB, pixels), jpeg(16, 16, TJPF_RGB, pixels)}) {
      const int grey = decode(bytes).pixels[8 * 16 + 8];
      EXPECT_GE(grey, row.grey_min);
      EXPECT_LE(grey, row.grey_max);
    }
  }
}

TEST(ImageDecode, TransparentBecomesBlack) {
  const auto image = decode(png(2, 1, PNG_FORMAT_RGBA, {255, 255, 255, 0, 255, 255, 255, 255}));
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{0, 255}));
}

TEST(ImageDecode, GreyJpegIsClose) {
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    std::vector<std::uint8_t> pixels(64 * 32);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i % 64 * 4);
    const auto image = decode(jpeg(64, 32, TJPF_GRAY, pixels, flags));
    ASSERT_EQ(image.pixels.size(), pixels.size());
    EXPECT_EQ(image.width, 64u);
    for (std::size_t i = 0; i < pixels.size(); ++i) EXPECT_NEAR(image.pixels[i], pixels[i], 4);
  }
}

std::string reason_of(const std::function<void()>& decoded, std::string* message = nullptr) {
  try {
    decoded();
    return "decoded";
  } catch (const ImageError& e) {
    if (message) *message = e.what();
    return e.reason();
  }
}

TEST(ImageDecode, EveryTruncationIsRefused) {
  const auto p = png(28, 28, PNG_FORMAT_GRAY, ramp(kPixels));
  const auto j = jpeg(28, 28, TJPF_GRAY, ramp(kPixels));
  // Without its last chunk (12 bytes, IEND) a png has all its pixels, and libpng lets it pass; a jpeg misses its end
  // mark.
  for (std::size_t n = 0; n + 12 < p.size(); ++n)
    EXPECT_EQ(reason_of([&] { decode_grey(p.data(), n); }), "image.not_decodable") << n << " bytes of png";
  for (std::size_t n = 0; n + 2 < j.size(); ++n)
    EXPECT_EQ(reason_of([&] { decode_grey(j.data(), n); }), "image.not_decodable") << n << " bytes of jpeg";
}

TEST(ImageDecode, ChangedBytesNeverCrash) {
  for (const auto& whole : {png(28, 28, PNG_FORMAT_RGB, ramp(3 * kPixels)), jpeg(28, 28, TJPF_RGB, ramp(3 * kPixels))})
    for (std::size_t i = 0; i < whole.size(); ++i) {
      auto changed = whole;
      changed[i] ^= static_cast<unsigned char>(1u << (i % 8));
      const auto reason = reason_of([&] { decode(changed); });
      EXPECT_TRUE(reason == "decoded" || reason == "image.not_decodable" || reason == "image.too_large") << reason;
    }
}

TEST(ImageDecode, OtherFormatsAreNamedAsSuch) {
  for (const char* text : {"", "GIF89a.........", "BM......", "<svg/>", "\x89PNG", "RIFF....WEBPVP8 "}) {
    std::string message;
    EXPECT_EQ(reason_of([&] { decode_grey(text, std::strlen(text)); }, &message), "image.not_decodable");
    EXPECT_NE(message.find(std::to_string(std::strlen(text)) + " bytes"), std::string::npos) << message;
  }
}

// A header that promises more pixels than the limits is refused before memory is taken.
TEST(ImageDecode, LargeImagesAreRefusedByTheirHeader) {
  struct Row {
    std::uint32_t width, height;
  };
  for (const Row& row :
       {Row{kImageSideMax + 1, 1}, Row{1, kImageSideMax + 1}, Row{8192, 2049}, Row{500'000, 500'000}}) {
    auto bytes = png(1, 1, PNG_FORMAT_GRAY, {0});
    for (int i = 0; i < 4; ++i) {
      bytes[16 + i] = static_cast<unsigned char>(row.width >> (24 - 8 * i));
      bytes[20 + i] = static_cast<unsigned char>(row.height >> (24 - 8 * i));
    }
    png_uint_32 crc = 0xffffffffu;  // of the chunk's type and data: PNG specification, annex D
    for (int i = 12; i < 29; ++i) {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
    }
    crc ^= 0xffffffffu;
    for (int i = 0; i < 4; ++i) bytes[29 + i] = static_cast<unsigned char>(crc >> (24 - 8 * i));
    std::string message;
    EXPECT_EQ(reason_of([&] { decode(bytes); }, &message), "image.too_large") << row.width << " x " << row.height;
    EXPECT_NE(message.find(std::to_string(row.width)), std::string::npos) << message;
  }
  auto bytes = jpeg(16, 16, TJPF_GRAY, ramp(256));
  const Bytes start_of_frame = {0xff, 0xc0};
  auto at = std::search(bytes.begin(), bytes.end(), start_of_frame.begin(), start_of_frame.end());
  ASSERT_NE(at, bytes.end());
  at[5] = at[7] = 0xff;  // height and width: 65,296
  EXPECT_EQ(reason_of([&] { decode(bytes); }), "image.too_large");
}

TEST(ImageFit, SameSizeIsUnchanged) {
  const auto out = fit({kSide, kSide, ramp(kPixels)});
  for (std::size_t i = 0; i < kPixels; ++i) EXPECT_EQ(out[i], static_cast<float>(ramp(kPixels)[i]) / 255);
}

TEST(ImageFit, ShrinkingTakesTheMean) {
  for (const std::size_t scale : {2u, 3u, 8u}) {
    GreyImage large{kSide * scale, kSide * scale, {}};
    for (std::size_t y = 0; y < large.height; ++y)
      for (std::size_t x = 0; x < large.width; ++x)
        large.pixels.push_back(static_cast<std::uint8_t>((x / scale + y / scale) * 4 + (x % scale == 0 ? 1 : 0)));
    const auto out = fit(large);
    for (std::size_t y = 0; y < kSide; ++y)
      for (std::size_t x = 0; x < kSide; ++x)
        EXPECT_NEAR(out[y * kSide + x] * 255, static_cast<float>((x + y) * 4) + 1.0f / static_cast<float>(scale), 1e-3);
  }
}

TEST(ImageFit, ConstantStaysConstantAtEverySize) {
  for (const std::size_t side : {1u, 2u, 5u, 27u, 29u, 31u, 55u, 100u, 999u}) {
    const auto out = fit({side, side, std::vector<std::uint8_t>(side * side, 200)});
    for (const float v : out) EXPECT_NEAR(v, 200 / 255.0f, 1e-5) << side;
  }
}

TEST(ImageFit, KeepsTheAspectOnBlack) {
  struct Row {
    std::size_t width, height, columns, rows;  // of 28 x 28 that are not black
  };
  for (const Row& row : {Row{56, 28, 28, 14}, Row{28, 56, 14, 28}, Row{10, 10, 28, 28}, Row{1000, 1, 28, 1},
                         Row{3, 4, 21, 28}, Row{1, 1000, 1, 28}}) {
    const auto out = fit({row.width, row.height, std::vector<std::uint8_t>(row.width * row.height, 255)});
    std::size_t lit = 0;
    for (const float v : out) lit += v > 0.5f ? 1 : 0;
    EXPECT_EQ(lit, row.columns * row.rows) << row.width << " x " << row.height;
    const auto left = (kSide - row.columns) / 2, top = (kSide - row.rows) / 2;
    EXPECT_GT(out[top * kSide + left], 0.5f);
    EXPECT_GT(out[(top + row.rows - 1) * kSide + left + row.columns - 1], 0.5f);
  }
}

}  // namespace
}  // namespace image_classify

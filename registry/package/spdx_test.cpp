// spdx_test.cpp: licence expressions that are and are not of the SPDX grammar.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/spdx.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoa::registry {
namespace {

TEST(SpdxExpression, AcceptsTheGrammar) {
  const char* good[] = {"MIT",
                        "0BSD",
                        "Apache-2.0",
                        "GPL-2.0+",
                        "GPL-2.0-only WITH Classpath-exception-2.0",
                        "GPL-2.0+ WITH Bison-exception-2.2",
                        "MIT AND Apache-2.0",
                        "MIT OR Apache-2.0 AND BSD-3-Clause",
                        "(MIT OR Apache-2.0) AND BSD-3-Clause",
                        "(MIT)",
                        "((MIT))",
                        "LGPL-2.1-only OR BSD-3-Clause AND MIT",
                        "LicenseRef-acme",
                        "LicenseRef-acme.1-2",
                        "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2",
                        "MIT AND (LicenseRef-a OR (CC-BY-4.0 AND Zlib))",
                        "  MIT   OR   ISC  "};
  for (const auto* text : good) {
    const auto ok = check_spdx_expression(text);
    EXPECT_TRUE(ok.has_value()) << text << ": " << ok.error().message;
  }
}

TEST(SpdxExpression, RefusesWhatIsNot) {
  const std::string deep = std::string(17, '(') + "MIT" + std::string(17, ')');
  const std::string bad[] = {"",
                             " ",
                             "AND",
                             "MIT AND",
                             "OR MIT",
                             "MIT MIT",
                             "MIT or ISC",
                             "MIT and ISC",
                             "MIT OR OR ISC",
                             "(MIT",
                             "MIT)",
                             "()",
                             "MIT WITH",
                             "WITH x",
                             "MIT WITH AND",
                             "MIT WITH (x)",
                             "(MIT) WITH x",
                             "MIT+ +",
                             "MIT/ISC",
                             "MIT, ISC",
                             "NONE",
                             "NOASSERTION",
                             "2.0",
                             "-MIT",
                             "MIT-",
                             "M\xc3\xa4T",
                             "MIT\tOR ISC",
                             "LicenseRef-",
                             "LicenseRef-a+",
                             "DocumentRef-a:MIT",
                             "DocumentRef-:LicenseRef-a",
                             "DocumentRef-a",
                             "MIT\x1b[31m",
                             "MIT OR",
                             deep};
  for (const auto& text : bad) EXPECT_FALSE(check_spdx_expression(text).has_value()) << text;
}

}  // namespace
}  // namespace stoa::registry

// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace selfnorm {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Names from data may be any text. They must not become markup of the page.
TEST(Page, EscapesTheTextOfTheDocument) {
  const Json plain{{"name", "x"}};
  const Json hostile{{"name", "</script><script>alert(1)</script><!-- @style@ @scripts@"}};
  const std::string safe = html_page("a", plain);
  const std::string page = html_page("<b>&\"@document@", hostile);
  EXPECT_EQ(count(page, "<script"), count(safe, "<script"));
  EXPECT_EQ(count(page, "</script"), count(safe, "</script"));
  EXPECT_EQ(count(page, "<!--"), count(safe, "<!--"));
  EXPECT_EQ(count(page, "<b>"), count(safe, "<b>"));
  EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;@document@"), page.npos);
  EXPECT_NE(page.find("@style@ @scripts@"), page.npos);
}

TEST(Page, LoadsNothing) {
  const std::string page = html_page("a", Json::object());
  EXPECT_NE(page.find("default-src 'none'"), page.npos);
  for (const char* part : {" src=\"http", " href=\"http", "@import", "url(http"}) {
    EXPECT_EQ(page.find(part), page.npos) << part;
  }
}

TEST(Page, ReplacesNumbersThatAreNotFiniteByNull) {
  EXPECT_TRUE(number(std::numeric_limits<double>::quiet_NaN()).is_null());
  EXPECT_TRUE(number(std::numeric_limits<double>::infinity()).is_null());
  EXPECT_EQ(number(0.5), Json(0.5));
}

}  // namespace
}  // namespace selfnorm

#include "extender/http.h"

#include <gtest/gtest.h>

#include "extender/listen_address.h"

namespace bw {
namespace {

TEST(PercentDecoding, DecodesBytesAndLeavesPlusAlone) {
  EXPECT_EQ(percent_decoded("/v1/a%20b%2Fc+d"), "/v1/a b/c+d");
  EXPECT_EQ(percent_decoded("%C3%a9"), "\u00e9");
  EXPECT_EQ(percent_decoded(""), "");
}

TEST(PercentDecoding, RefusesBrokenEscapes) {
  for (const char* broken : {"%", "%2", "%zz", "%2g", "a%", "%-1", "% 1"})
    EXPECT_EQ(percent_decoded(broken), std::nullopt) << broken;
}

TEST(Query, GivesTheFirstValueOfAKey) {
  EXPECT_EQ(query_value("after=12&x=y&after=13", "after"), "12");
  EXPECT_EQ(query_value("x=y&aft%65r=a%26b", "after"), "a&b");
  EXPECT_EQ(query_value("after", "after"), "");
  EXPECT_EQ(query_value("after=", "after"), "");
  EXPECT_EQ(query_value("", "after"), std::nullopt);
  EXPECT_EQ(query_value("afterx=1&&", "after"), std::nullopt);
  EXPECT_EQ(query_value("after=%", "after"), std::nullopt);
}

TEST(ListenAddress, ReadsIpAndPort) {
  const Result<ListenAddress> v4 = parse_listen_address("0.0.0.0:9440");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->ip, "0.0.0.0");
  EXPECT_EQ(v4->port, 9440);
  EXPECT_FALSE(v4->loopback);
  const Result<ListenAddress> v6 = parse_listen_address("[::1]:65535");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->ip, "::1");
  EXPECT_TRUE(v6->loopback);
  EXPECT_EQ(to_text(*v6), "[::1]:65535");
  EXPECT_TRUE(parse_listen_address("127.0.0.2:0")->loopback);
}

TEST(ListenAddress, RefusesTheRest) {
  for (const char* bad : {"", "9443", ":9443", "localhost:9443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                          "127.0.0.1:-1", "127.0.0.1:94x", "::1:9443", "[127.0.0.1]:1", "[::1]", "1.2.3:4"}) {
    const Result<ListenAddress> address = parse_listen_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_NE(address.error().message.find("write IP:PORT"), std::string::npos);
  }
}

}  // namespace
}  // namespace bw

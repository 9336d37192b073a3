#include "browser/network_watch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace gvm::browser {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongest{5'000};
constexpr Clock::time_point kStart{};

Value entry(std::string json) {
  return Value::fields("level", Value::string("INFO"), "message", Value::string(std::move(json)));
}
Value sent(std::string_view id, std::string_view type, std::string_view loader = "L") {
  return entry(fmt::format(
      R"({{"message":{{"method":"Network.requestWillBeSent","params":{{"requestId":"{}","type":"{}",)"
      R"("loaderId":"{}"}}}},"webview":"W"}})",
      id, type, loader));
}
Value ended(std::string_view id, std::string_view how) {
  return entry(fmt::format(
      R"({{"message":{{"method":"Network.{}","params":{{"requestId":"{}"}}}}}})", how, id));
}

TEST(NetworkWatch, CountsCodeAndDataUntilTheyEnd) {
  NetworkWatch watch;
  watch.take(Value::list(sent("1", "XHR"), sent("2", "Fetch"), sent("3", "Script"),
                         sent("4", "Stylesheet"), sent("5", "Image"), sent("6", "Font"),
                         sent("7", "EventSource"), sent("8", "Media")),
             kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 4U);
  watch.take(Value::list(ended("1", "loadingFinished"), ended("2", "loadingFailed"),
                         ended("9", "loadingFinished")),
             kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 2U);
}

TEST(NetworkWatch, WhatElseIsSaidOfARequestDoesNotEndIt) {
  NetworkWatch watch;
  watch.take(Value::list(ended("1", "requestWillBeSentExtraInfo"), sent("1", "Fetch"),
                         ended("1", "requestWillBeSentExtraInfo"), ended("1", "responseReceived"),
                         ended("1", "loadingFinishedExtra"), ended("1", "dataReceived")),
             kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 1U);
  watch.take(Value::list(ended("1", "loadingFinished")), kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 0U);
}

TEST(NetworkWatch, ARequestThatIsKeptOpenDoesNotCountForEver) {
  NetworkWatch watch;
  watch.take(Value::list(sent("1", "Fetch")), kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart + milliseconds(4'999)), 1U);
  EXPECT_EQ(watch.under_way(kLongest, kStart + kLongest), 0U);
}

TEST(NetworkWatch, ANewPageForgetsTheLastOne) {
  NetworkWatch watch;
  watch.take(Value::list(sent("1", "Fetch"), sent("N", "Document", "N"), sent("2", "XHR")), kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 1U);
  watch.take(Value::list(sent("F", "Document", "N")), kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 1U) << "a frame's document";
}

TEST(NetworkWatch, SkipsWhatIsNoEvent) {
  NetworkWatch watch;
  watch.take(Value::null(), kStart);
  watch.take(Value::list(Value::integer(1), entry("{"), entry("\"Network.requestWillBeSent\""),
                         entry(R"({"message":{"method":"Network.requestWillBeSent"}})")),
             kStart);
  EXPECT_EQ(watch.under_way(kLongest, kStart), 0U);
}

}  // namespace
}  // namespace gvm::browser

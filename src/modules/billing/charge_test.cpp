#include "billing/charge.h"

#include <gtest/gtest.h>

#include <string>

namespace gvm::billing {
namespace {

using config::ChargeServerErrors;
using routing::ErrorKind;

CallEnd failed(ErrorKind kind, int status = 0) {
  return {.kind = kind, .status = status, .sent = true, .usage = nullptr};
}

Charge charged(const CallEnd& end, ChargeServerErrors policy = ChargeServerErrors::never) {
  return charge_of(end, policy);
}

TEST(Charge, OfACallThatReportedItsUsageGoesByItWhetherTheAnswerWasOfUseOrNot) {
  const provider::TokenUsage usage;
  CallEnd end;
  end.usage = &usage;
  EXPECT_EQ(charged(end), Charge::reported_usage);
  for (std::size_t i = 0; i < routing::kErrorKinds; ++i) {
    end.kind = static_cast<ErrorKind>(i);
    EXPECT_EQ(charged(end), Charge::reported_usage) << routing::name_of(*end.kind);
  }
}

TEST(Charge, IsNothingForWhatWasNeverSent) {
  for (std::size_t i = 0; i < routing::kErrorKinds; ++i) {
    CallEnd end = failed(static_cast<ErrorKind>(i));
    end.sent = false;
    EXPECT_EQ(charged(end), Charge::nothing) << routing::name_of(*end.kind);
  }
}

TEST(Charge, IsNothingForAnErrorStatusBelow500WhateverTheKind) {
  for (const int status : {200, 301, 400, 401, 402, 403, 404, 408, 413, 422, 429, 499})
    for (std::size_t i = 0; i < routing::kErrorKinds; ++i)
      EXPECT_EQ(charged(failed(static_cast<ErrorKind>(i), status), ChargeServerErrors::worst_case),
                Charge::nothing)
          << status;
}

TEST(Charge, OfAServerErrorIsWhatTheModelsConfigurationSays) {
  for (const int status : {500, 502, 503, 504, 520, 529}) {
    const auto end = failed(ErrorKind::server_error, status);
    EXPECT_EQ(charged(end, ChargeServerErrors::never), Charge::nothing_flagged) << status;
    EXPECT_EQ(charged(end, ChargeServerErrors::worst_case), Charge::worst_case) << status;
  }
}

TEST(Charge, IsNothingForAKeptConnectionThatTheServerHadClosed) {
  EXPECT_EQ(charged(failed(ErrorKind::stale_connection)), Charge::nothing);
}

TEST(Charge, IsTheWorstCaseWhereAnAnswerMayHaveBeenLost) {
  for (const auto kind : {ErrorKind::reset, ErrorKind::first_byte_timeout, ErrorKind::idle_timeout,
                          ErrorKind::total_timeout, ErrorKind::cut, ErrorKind::garbled,
                          ErrorKind::oversize, ErrorKind::cancelled, ErrorKind::deadline})
    EXPECT_EQ(charged(failed(kind)), Charge::worst_case) << routing::name_of(kind);
  EXPECT_EQ(charged({}), Charge::worst_case) << "an answer without usage";
}

}  // namespace
}  // namespace gvm::billing

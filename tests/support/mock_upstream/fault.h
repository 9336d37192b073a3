#pragma once
// How an answer goes wrong: what is said, how it is framed, and where the delivery breaks. Pure
// data; plan.h converts it to bytes and pauses.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/mock_upstream/fields.h"

namespace gvm::mock {

// Where a fault occurs. The first three are decided when a connection is accepted, before any
// prompt is known.
enum class Part {
  connect,      // the port is bound, but nobody listens
  accept,       // right after accepting
  tls,          // in the handshake
  request,      // the request was read, no answer is sent
  status_line,  // these three: at a byte of that part of the answer
  headers,
  body,
};

enum class Strike { none, refuse, cut, reset, stall };

// What the body is before it is encoded and framed.
enum class Body {
  answer,  // the model's answer in the provider's form; it is billed
  error,   // an error in the provider's form
  html,
  text,  // Fault::text, byte for byte
};

// What replaces the model's words.
enum class Content {
  words,
  empty,  // ""
  null,
  missing,   // the member is not there
  number,    // a number instead of a string
  nothing,   // no choice, block or candidate at all
  refused,   // the form's way of a refusal
  at_limit,  // the words, ended by the token limit
};

enum class UsageShape { right, missing, null, strings, negative, huge, fractions, zero };

enum class Encoding {
  none,
  gzip,     // correct
  broken,   // a byte in its middle is wrong
  cut,      // its second half is missing
  bad_sum,  // its checksum is wrong
  claimed,  // announced as gzip, but not compressed
  unknown,  // announced as a coding that was not offered
  bomb,     // white space, a thousand times larger when decompressed
};

enum class Framing {
  length,
  chunked,
  until_close,
  too_long,         // more is announced than is sent; then closed
  too_short,        // less is announced than is sent
  negative,         // Content-Length: -1
  no_number,        // Content-Length: many
  twice,            // two Content-Lengths that differ
  chunked_garbage,  // a chunk size that is not a number
  chunked_open,     // closed before the last chunk
};

enum class Endless { no, interim, headers, header_line, body, chunks };

enum class ConnectionFate { keep, close, close_silently };

enum class TlsFault {
  none,
  plain_text,  // an HTTP answer without TLS
  close,       // closed after the client's hello
  reset,
  stall,
  garbage,
  alert,    // handshake_failure
  expired,  // these four: certificates that must not be accepted
  wrong_host,
  unknown_issuer,
  self_signed,
};

struct Position {
  Part part = Part::request;
  std::optional<std::size_t> byte = {};  // of that part; overrides the fraction
  double fraction = 0.5;                 // of that part's bytes
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Fault {
  std::string name = "none";

  // What is said.
  int status = 200;
  Headers headers = {};
  std::optional<std::uint64_t> retry_after_date_s = {};  // an HTTP date this far in the future
  std::optional<Body> body = {};                         // default: answer for 200, else error
  std::string text = {};                                 // of Body::text
  Content content = Content::words;
  std::optional<std::string> words = {};  // the model's words instead of an answer
  UsageShape usage = UsageShape::right;
  double kept = 1;                // this share of the body's bytes is sent; the rest does not exist
  std::string appended = {};      // to the body
  std::size_t padding_bytes = 0;  // white space before the body
  std::string content_type = {};  // default: JSON or HTML, by the body

  // How it is framed.
  std::string status_line = {};  // instead of the correct one
  std::string version = "1.1";
  Encoding encoding = Encoding::none;
  Framing framing = Framing::length;
  std::size_t interim = 0;  // interim answers (status 103) before the final one
  Endless endless = Endless::no;
  std::size_t times = 1;  // the whole answer, this many times in a row
  ConnectionFate after = ConnectionFate::keep;

  // Where the delivery breaks.
  Strike strike = Strike::none;
  Position at = {};
  std::optional<Position> slow_from = {};  // from there on, byte by byte
  double bytes_per_second = 1;
  TlsFault tls = TlsFault::none;

  std::optional<bool> billed = {};  // overrides produces_answer()

  Body body_kind() const;
  // True when it is decided before a prompt is known.
  bool at_connection() const;
  // True when the model ran, so that its tokens are charged.
  bool produces_answer() const;
};

// A fault in the form of rules and of tests/data/faults/faults.json; docs/mock-upstream.md lists
// the members.
Result<Fault> parse_fault(const Value& value, const std::string& where);

}  // namespace gvm::mock

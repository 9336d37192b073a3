// The examples of RFC 9421, 2.1, 2.2 and 2.4, and inputs that must be refused.
#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "base/error_detail.h"
#include "signing/codes.h"
#include "signing/signature_base.h"
#include "signing/test_messages.h"

namespace gvm::signing {
namespace {

std::string value_of(const Message& message, std::string_view component,
                     const FieldTypes& types = {}) {
  const auto parsed = Component::parse(component);
  if (!parsed) return "! " + parsed.error().to_string();
  const auto value = component_value(message, *parsed, types);
  return value ? *value : "! " + value.error().to_string();
}

std::string error_of(const Message& message, std::string_view component) {
  const auto parsed = Component::parse(component);
  if (!parsed) return std::string(parsed.error().code());
  const auto value = component_value(message, *parsed);
  return value ? "no error" : std::string(value.error().code());
}

Message request_to(std::string_view url, std::string method = "POST", Fields headers = {}) {
  return Message::of_request(std::move(method), url::parse(url).value(), std::move(headers));
}

Message section_2_1() {
  return message_of(
      "GET / HTTP/1.1\r\nHost: www.example.com\r\nDate: Tue, 20 Apr 2021 02:07:56 GMT\r\n"
      "X-OWS-Header:   Leading and trailing whitespace.   \r\n"
      "X-Obs-Fold-Header: Obsolete\r\n    line folding.\r\n"
      "Cache-Control: max-age=60\r\nCache-Control:    must-revalidate\r\n"
      "Example-Dict:  a=1,    b=2;x=1;y=2,   c=(a   b   c), d\r\n"
      "X-Empty-Header: \r\n\r\n");
}

TEST(ComponentValue, FieldsAreTrimmedUnfoldedAndJoined) {
  const auto message = section_2_1();
  EXPECT_EQ(value_of(message, "host"), "www.example.com");
  EXPECT_EQ(value_of(message, "date"), "Tue, 20 Apr 2021 02:07:56 GMT");
  EXPECT_EQ(value_of(message, "x-ows-header"), "Leading and trailing whitespace.");
  EXPECT_EQ(value_of(message, "x-obs-fold-header"), "Obsolete line folding.");
  EXPECT_EQ(value_of(message, "cache-control"), "max-age=60, must-revalidate");
  EXPECT_EQ(value_of(message, "example-dict"), "a=1,    b=2;x=1;y=2,   c=(a   b   c), d");
  EXPECT_EQ(value_of(message, "x-empty-header"), "");
}

TEST(ComponentValue, StructuredFieldsAreSerialisedAnew) {
  const FieldTypes types = {{"example-dict", FieldType::dictionary}};
  EXPECT_EQ(value_of(section_2_1(), "example-dict;sf", types), "a=1, b=2;x=1;y=2, c=(a b c), d");
  EXPECT_EQ(error_of(section_2_1(), "example-dict;sf"), codes::kSignBadComponent);
  const auto known = request_to("https://e.com/", "GET", {{"Priority", "u=1,    i"}});
  EXPECT_EQ(value_of(known, "priority;sf"), "u=1, i");
}

TEST(ComponentValue, MembersOfDictionaries) {
  const auto message = section_2_1();
  EXPECT_EQ(value_of(message, R"("example-dict";key="a")"), "1");
  EXPECT_EQ(value_of(message, R"("example-dict";key="d")"), "?1");
  EXPECT_EQ(value_of(message, R"("example-dict";key="b")"), "2;x=1;y=2");
  EXPECT_EQ(value_of(message, R"("example-dict";sf;key="c")"), "(a b c)");
  EXPECT_EQ(error_of(message, R"("example-dict";key="e")"), codes::kAbsentHeader);
  EXPECT_EQ(error_of(message, R"("date";key="a")"), codes::kSignBadComponent);
}

TEST(ComponentValue, WrappedBytesTellOneLineFromTwo) {
  const auto two =
      request_to("https://e.com/", "GET",
                 {{"Example-Header", "value, with, lots"}, {"Example-Header", "of, commas"}});
  EXPECT_EQ(value_of(two, "example-header"), "value, with, lots, of, commas");
  EXPECT_EQ(value_of(two, "example-header;bs"), ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:");
  const auto one =
      request_to("https://e.com/", "GET", {{"Example-Header", "value, with, lots, of, commas"}});
  EXPECT_EQ(value_of(one, "example-header;bs"), ":dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:");
}

TEST(ComponentValue, TrailersAreReadFromTheTrailer) {
  const auto message = message_of(
      "HTTP/1.1 200 OK\nContent-Type: text/plain\nTransfer-Encoding: chunked\nTrailer: Expires\n\n"
      "4\nHTTP\n7\nMessage\na\nSignatures\n0\nExpires: Wed, 9 Nov 2022 07:28:00 GMT\n\n");
  EXPECT_EQ(*message.body, "HTTPMessageSignatures");
  EXPECT_EQ(value_of(message, "@status"), "200");
  EXPECT_EQ(value_of(message, "trailer"), "Expires");
  EXPECT_EQ(value_of(message, "expires;tr"), "Wed, 9 Nov 2022 07:28:00 GMT");
  EXPECT_EQ(error_of(message, "expires"), codes::kAbsentHeader);
}

TEST(ComponentValue, DerivedFromTheTarget) {
  const auto message = request_to("https://www.example.com/path?param=value");
  EXPECT_EQ(value_of(message, "@method"), "POST");
  EXPECT_EQ(value_of(message, "@target-uri"), "https://www.example.com/path?param=value");
  EXPECT_EQ(value_of(message, "@authority"), "www.example.com");
  EXPECT_EQ(value_of(message, "@scheme"), "https");
  EXPECT_EQ(value_of(message, "@request-target"), "/path?param=value");
  EXPECT_EQ(value_of(message, "@path"), "/path");
  EXPECT_EQ(value_of(request_to("https://e.com/path?param=value&foo=bar&baz=bat%2Dman"), "@query"),
            "?param=value&foo=bar&baz=bat%2Dman");
  EXPECT_EQ(value_of(request_to("https://e.com/path?queryString"), "@query"), "?queryString");
  EXPECT_EQ(value_of(request_to("https://e.com"), "@query"), "?");
  EXPECT_EQ(value_of(request_to("https://e.com"), "@path"), "/");
}

TEST(ComponentValue, AuthorityIsLowerCaseWithoutTheDefaultPort) {
  EXPECT_EQ(value_of(request_to("https://User:secret@WWW.Example.COM:443/#f"), "@authority"),
            "www.example.com");
  EXPECT_EQ(value_of(request_to("http://e.com:443/"), "@authority"), "e.com:443");
  EXPECT_EQ(value_of(request_to("https://user:secret@e.com/a#f"), "@target-uri"),
            "https://e.com/a");
  const auto wire = [](const char* host, const char* scheme) {
    return value_of(message_of(std::string("GET / HTTP/1.1\nHost: ") + host + "\n\n", scheme),
                    "@authority");
  };
  EXPECT_EQ(wire("EXAMPLE.com:443", "https"), "example.com");
  EXPECT_EQ(wire("example.com:80", "https"), "example.com:80");
  EXPECT_EQ(wire("example.com:80", "http"), "example.com");
  EXPECT_EQ(wire("[2001:DB8::1]", "https"), "[2001:db8::1]");
  EXPECT_EQ(wire("[2001:DB8::1]:443", "https"), "[2001:db8::1]");
  EXPECT_EQ(wire("[::1]:8443", "https"), "[::1]:8443");
}

TEST(ComponentValue, TheFourFormsOfARequestTarget) {
  const auto target = [](const char* line, const char* component) {
    return value_of(message_of(std::string(line) + " HTTP/1.1\nHost: www.example.com\n\n"),
                    component);
  };
  EXPECT_EQ(target("GET https://www.example.com/path?param=value", "@request-target"),
            "https://www.example.com/path?param=value");
  EXPECT_EQ(target("GET https://www.example.com?x", "@path"), "/");
  EXPECT_EQ(target("GET http://Other.example:80/x", "@authority"), "other.example");
  EXPECT_EQ(target("CONNECT www.example.com:80", "@request-target"), "www.example.com:80");
  EXPECT_EQ(target("OPTIONS *", "@request-target"), "*");
  EXPECT_EQ(target("GET /a/../b/%7e", "@path"), "/a/../b/%7e") << "as it was sent";
}

TEST(ComponentValue, QueryParametersAreDecodedAndEncodedAgain) {
  const auto plain = request_to("https://e.com/path?param=value&foo=bar&baz=batman&qux=");
  EXPECT_EQ(value_of(plain, R"("@query-param";name="baz")"), "batman");
  EXPECT_EQ(value_of(plain, R"("@query-param";name="qux")"), "");
  EXPECT_EQ(value_of(plain, R"("@query-param";name="param")"), "value");
  const auto odd = request_to(
      "https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&"
      "bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something");
  EXPECT_EQ(value_of(odd, R"("@query-param";name="var")"),
            "this%20is%20a%20big%0Amultiline%20value");
  EXPECT_EQ(value_of(odd, R"("@query-param";name="bar")"), "with%20plus%20whitespace");
  EXPECT_EQ(value_of(odd, R"("@query-param";name="fa%C3%A7ade%22%3A%20")"), "something");
  EXPECT_EQ(value_of(request_to("https://e.com/?q=~*-._!'()%ff"), R"(@query-param;name="q")"),
            "%7E*-._%21%27%28%29%EF%BF%BD");
}

TEST(ComponentValue, AQueryParameterIsThereOnce) {
  const auto message = request_to("https://e.com/?a=1&b=2&a=3&flag&&=x");
  EXPECT_EQ(error_of(message, R"(@query-param;name="a")"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(message, R"(@query-param;name="c")"), codes::kAbsentHeader);
  EXPECT_EQ(value_of(message, R"(@query-param;name="flag")"), "");
  EXPECT_EQ(value_of(message, R"(@query-param;name="")"), "x");
  EXPECT_EQ(error_of(message, "@query-param"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(message, "@query-param;name=token"), codes::kSignBadComponent);
}

TEST(ComponentValue, AResponseCoversItsRequest) {
  const auto request = message_of(kTestRequest);
  auto response = Message::of_response(503, {{"Content-Type", "application/json"}}, &request);
  EXPECT_EQ(value_of(response, "@status"), "503");
  EXPECT_EQ(value_of(response, "@authority;req"), "example.com");
  EXPECT_EQ(value_of(response, "@method;req"), "POST");
  EXPECT_EQ(value_of(response, "@path;req"), "/foo");
  EXPECT_EQ(value_of(response, R"(@query-param;req;name="Pet")"), "dog");
  EXPECT_TRUE(value_of(response, "content-digest;req").starts_with("sha-512=:WZDP"));
  EXPECT_EQ(error_of(response, "content-digest"), codes::kAbsentHeader);
  EXPECT_EQ(error_of(response, "@method"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(response, "@status;req"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(request, "@method;req"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(request, "@status"), codes::kSignBadComponent);
  response.request = nullptr;
  EXPECT_EQ(error_of(response, "@method;req"), codes::kSignBadComponent);
}

TEST(ComponentValue, RefusesComponentsThatAreNone) {
  const auto message = section_2_1();
  for (const char* text :
       {"@signature-params", "@unknown", "@", "", "\"Date\"", "\"da te\"", "date;sf=1",
        "date;bs=?0", "date;unknown", "date;bs;sf", "date;bs;key=\"a\"", "date;key", "date;key=1",
        "@method;sf", "@path;tr", "@method;name=\"x\"", "date;name=\"x\"", "date x"}) {
    EXPECT_EQ(error_of(message, text), codes::kSignBadComponent) << text;
  }
}

TEST(ComponentValue, AnAbsentFieldIsNamed) {
  const auto value = component_value(section_2_1(), Component{"x-missing", {}});
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), codes::kAbsentHeader);
  EXPECT_FALSE(value.error().fatal());
  EXPECT_NE(detail_of(value.error()).find("\"x-missing\""), std::string::npos);
}

TEST(ComponentValue, RefusesWhatWouldForgeALine) {
  const auto with = [](const char* value) {
    return request_to("https://e.com/", "GET", {{"x", value}});
  };
  EXPECT_EQ(error_of(with("a\n\"@method\": GET"), "x"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(with("a\r\n\"@method\": GET"), "x"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(with("a\rb"), "x"), codes::kSignBadComponent);
  EXPECT_EQ(error_of(with("caf\xC3\xA9"), "x"), codes::kSignBadComponent);
  EXPECT_EQ(value_of(with("caf\xC3\xA9"), "x;bs"), ":Y2Fmw6k=:");
  EXPECT_EQ(value_of(with("a\tb"), "x"), "a\tb");
}

TEST(ComponentValue, SeveralCookiesNeedBytes) {
  const auto response =
      Message::of_response(200, {{"Set-Cookie", "a=1, x"}, {"Set-Cookie", "b=2"}});
  EXPECT_EQ(error_of(response, "set-cookie"), codes::kSignBadComponent);
  EXPECT_EQ(value_of(response, "set-cookie;bs"), ":YT0xLCB4:, :Yj0y:");
}

TEST(SignatureBase, RefusesAComponentTwice) {
  const auto message = request_to("https://e.com/?a=1&b=2");
  const auto base = [&](std::vector<Component> components) {
    return signature_base(message, components, {});
  };
  const auto parse = [](const char* text) { return Component::parse(text).value(); };
  EXPECT_FALSE(base({parse("@path"), parse("@path")}));
  EXPECT_TRUE(base({parse(R"(@query-param;name="a")"), parse(R"(@query-param;name="b")")}));
  // RFC 9421, 2: the order of parameters makes no difference.
  EXPECT_EQ(parse(R"("x";sf;key="a")"), parse(R"("x";key="a";sf)"));
  EXPECT_NE(parse(R"("x";key="a")"), parse(R"("x";key="b")"));
}

TEST(SignatureBase, BoundsTheNumberOfComponents) {
  Fields headers;
  std::vector<Component> components;
  for (std::size_t i = 0; i <= ComponentLimits::kCovered; ++i) {
    headers.push_back({"x" + std::to_string(i), "v"});
    components.push_back({"x" + std::to_string(i), {}});
  }
  const auto message = request_to("https://e.com/", "GET", headers);
  EXPECT_FALSE(signature_base(message, components, {}));
  components.pop_back();
  EXPECT_TRUE(signature_base(message, components, {}));
}

TEST(SignatureBase, RefusesAParameterThatCannotBeWritten) {
  const auto message = request_to("https://e.com/");
  const auto base = signature_base(message, {}, SignatureParams().nonce("line\nbreak"));
  ASSERT_FALSE(base);
  EXPECT_EQ(base.error().code(), codes::kSignBadParameter);
}

}  // namespace
}  // namespace gvm::signing

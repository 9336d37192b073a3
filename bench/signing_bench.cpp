// Signing a request, compared with OpenSSL's signature of the same bytes in the same run.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "signing/genlayer.h"
#include "signing/signer.h"
#include "signing/verifier.h"

namespace {

using namespace gvm::signing;

// RFC 9421, B.1.4; a public example.
constexpr const char* kSeedHex = "9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5";

Message request() {
  return Message::of_request(
      "POST", gvm::url::parse("https://example.com/foo?param=Value&Pet=dog").value(),
      {{"date", "Tue, 20 Apr 2021 02:07:55 GMT"},
       {"content-type", "application/json"},
       {"accept", "*/*"},
       {"user-agent", "genvm-modules"},
       {"content-digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"}});
}

SignSpec spec() {
  SignSpec made{"sig1",
                parse_components(
                    {"@method", "@authority", "@path", "@query", "content-type", "content-digest"})
                    .value(),
                {},
                {}};
  made.params.created(1'700'000'000).keyid("key").alg("ed25519");
  return made;
}

Key signer() {
  return Key::load(Algorithm::ed25519, gvm::Secret(kSeedHex), KeyUse::sign).value();
}

void SignatureBaseOfARequest(benchmark::State& state) {
  const auto message = request();
  const auto what = spec();
  for (auto _ : state)
    benchmark::DoNotOptimize(signature_base(message, what.components, what.params));
}
BENCHMARK(SignatureBaseOfARequest);

void GenlayerPrepare(benchmark::State& state) {
  const auto url = gvm::url::parse("https://example.com/foo?param=Value&Pet=dog").value();
  const auto headers = request().headers;
  const GenlayerContext context{"0x1234", "0x5678", std::string(32, 'x'), 1'700'000'000};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        prepare_genlayer("POST", url, headers, R"({"hello": "world"})", context));
}
BENCHMARK(GenlayerPrepare);

void SignEd25519(benchmark::State& state) {
  const auto message = request();
  const auto what = spec();
  const auto key = signer();
  for (auto _ : state) benchmark::DoNotOptimize(sign(message, what, key));
}
BENCHMARK(SignEd25519);

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

struct Bare {
  std::string base = signature_base(request(), spec().components, spec().params)->text;
  std::string signature = signer().sign(base).value();
  Pkey key = make_key();

  static Pkey make_key() {
    std::string seed;
    for (int i = 0; i < 32; ++i)
      seed += static_cast<char>(
          std::stoi(std::string(kSeedHex).substr(2 * static_cast<std::size_t>(i), 2), nullptr, 16));
    return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                         reinterpret_cast<const unsigned char*>(seed.data()), 32),
            EVP_PKEY_free};
  }
};

void BaselineOpensslSign(benchmark::State& state) {
  const Bare bare;
  unsigned char out[64];
  for (auto _ : state) {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::size_t size = sizeof out;
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, bare.key.get());
    EVP_DigestSign(context.get(), out, &size,
                   reinterpret_cast<const unsigned char*>(bare.base.data()), bare.base.size());
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(BaselineOpensslSign);

void VerifyEd25519(benchmark::State& state) {
  auto message = request();
  set_signature_fields(message.headers, sign(message, spec(), signer()).value());
  VerifyPolicy policy;
  policy.now = 1'700'000'001;
  policy.max_age = std::chrono::seconds(300);
  policy.find_key = only_key(signer());
  for (auto _ : state) benchmark::DoNotOptimize(verify(message, "sig1", policy));
}
BENCHMARK(VerifyEd25519);

void BaselineOpensslVerify(benchmark::State& state) {
  const Bare bare;
  for (auto _ : state) {
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, bare.key.get());
    benchmark::DoNotOptimize(EVP_DigestVerify(
        context.get(), reinterpret_cast<const unsigned char*>(bare.signature.data()), 64,
        reinterpret_cast<const unsigned char*>(bare.base.data()), bare.base.size()));
  }
}
BENCHMARK(BaselineOpensslVerify);

}  // namespace

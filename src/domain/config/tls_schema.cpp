// `serve.tls`: with what the session port speaks TLS. What is in the files is checked by who reads
// them.
#include "config/tls_schema.h"

#include "config/choice.h"

namespace gvm::config {
namespace {

constexpr Origin kOurs = Origin::ours;

// Half of it would look like a protection.
void check_tls(const Node& node, const std::string& path, Context& context, TlsConfig& c) {
  check_choice(node, path, "minimum", context, c.minimum, {"1.2", "1.3"});
  if (!c.certificate.empty() && c.key.empty())
    context.error(node.mark, path + ".key", "got nothing, expected the file of the private key");
  if (c.certificate.empty() && !c.key.empty())
    context.error(node.mark, path + ".certificate",
                  "got nothing, expected the file of the certificate");
  if (c.certificate.empty() && c.key.empty() && !c.client_ca.empty())
    context.error(node.mark, path + ".client_ca",
                  "got a file, expected none: without certificate and key the port is plain text");
}

}  // namespace

const Section& tls_section() {
  using C = TlsConfig;
  static const Section section =
      SectionBuilder<C>("tls",
                        "TLS on the session port (docs/operators.md, \"TLS\"). The files are read "
                        "again at each reload.")
          .leaf(&C::certificate, {.name = "certificate",
                                  .doc = "PEM file of the port's certificate, followed by those "
                                         "between it and its authority. Empty: plain text",
                                  .origin = kOurs})
          .leaf(&C::key, {.name = "key",
                          .doc = "PEM file of its private key, without a passphrase",
                          .origin = kOurs})
          .leaf(&C::client_ca, {.name = "client_ca",
                                .doc = "PEM file of authorities; a client must show a certificate "
                                       "of one of them. Empty: no certificate is asked for",
                                .origin = kOurs})
          .leaf(&C::minimum, {.name = "minimum",
                              .doc = "Oldest version of TLS that is spoken: `\"1.2\"` or `\"1.3\"`",
                              .origin = kOurs})
          .check(check_tls)
          .build();
  return section;
}

void check_tls_fits(const Node& node, Context& context, const CommonConfig& c) {
  if (c.serve.tls.on() && c.bind_address.starts_with("unix:"))
    context.error(node.mark, "serve.tls",
                  "got files, expected none: bind_address is a Unix socket, which nobody between "
                  "its ends can read");
}

}  // namespace gvm::config

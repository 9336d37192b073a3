#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>

#include "apps/control_place.h"
#include "apps/sandbox_rules.h"

namespace gvm::apps {
namespace {

namespace fs = std::filesystem;
using confine::Access;
using confine::LandlockRules;

void add(LandlockRules& rules, Access access, const fs::path& path) {
  if (!path.empty()) rules.paths.push_back({path, access});
}

// A file that its owner replaces by another (an editor, a tool) is found only in its folder.
void add_folder_of(LandlockRules& rules, const fs::path& file) {
  if (file.empty()) return;
  add(rules, Access::read, file.has_parent_path() ? file.parent_path() : fs::path("."));
}

// Read again at a reload. Tools that renew certificates leave links to the newest file of another
// folder.
void add_renewed(LandlockRules& rules, const fs::path& file) {
  add_folder_of(rules, file);
  std::error_code failed;
  const auto target = fs::canonical(file, failed);
  if (!file.empty() && !failed) add_folder_of(rules, target);
}

fs::path of_variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): at start
  return value == nullptr ? fs::path() : fs::path(value);
}

// Libraries, certificates, time zones, the name service, and what the C library reads about the
// machine. Single files of /etc, so that what else is there stays closed.
void add_system(LandlockRules& rules) {
  for (const auto* path : {"/usr",
                           "/lib",
                           "/lib32",
                           "/lib64",
                           "/etc/ssl",
                           "/etc/pki",
                           "/etc/ca-certificates",
                           "/etc/gnutls",
                           "/etc/pkcs11",
                           "/etc/crypto-policies",
                           "/etc/ld.so.cache",
                           "/etc/ld.so.conf",
                           "/etc/ld.so.conf.d",
                           "/etc/localtime",
                           "/etc/resolv.conf",
                           "/etc/hosts",
                           "/etc/host.conf",
                           "/etc/nsswitch.conf",
                           "/etc/gai.conf",
                           "/etc/services",
                           "/etc/protocols",
                           "/etc/passwd",
                           "/etc/group",
                           "/etc/alternatives",
                           "/etc/fonts",
                           "/var/cache/fontconfig",
                           "/run/systemd/resolve",
                           "/run/NetworkManager",
                           "/run/resolvconf",
                           "/proc",
                           "/sys/devices/system/cpu",
                           "/sys/devices/system/node",
                           "/sys/fs/cgroup",
                           "/dev/urandom",
                           "/dev/random",
                           "/dev/zero"})
    add(rules, Access::read, path);
  add(rules, Access::write, "/dev/null");
  for (const auto* name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "TZDIR"})
    add(rules, Access::read, of_variable(name));
  // Where resolv.conf is a link, its target is replaced in its own folder.
  std::error_code failed;
  const auto target = fs::canonical("/etc/resolv.conf", failed);
  if (!failed && target.parent_path() != "/etc") add_folder_of(rules, target);
}

// Folders of "a/?.lua;b/?/init.lua": a and b.
void add_lua_path(LandlockRules& rules, std::string_view lua_path) {
  while (!lua_path.empty()) {
    const auto end = std::min(lua_path.find(';'), lua_path.size());
    const auto pattern = lua_path.substr(0, end);
    const auto fixed = pattern.substr(0, pattern.find('?'));
    const auto slash = fixed.rfind('/');
    if (slash != std::string_view::npos) add(rules, Access::read, fixed.substr(0, slash + 1));
    lua_path.remove_prefix(std::min(end + 1, lua_path.size()));
  }
}

// The folder of a Unix socket, which is made there and removed.
void add_socket(LandlockRules& rules, std::string_view address) {
  constexpr std::string_view kUnix = "unix://";
  if (!address.starts_with(kUnix)) return;
  add(rules, Access::write, fs::path(address.substr(kUnix.size())).parent_path());
}

void add_writable_folder(LandlockRules& rules, const fs::path& folder) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);  // a rule can only be about what exists
  add(rules, Access::write, folder);
}

// For its owner alone, when it is made here.
void add_private_folder(LandlockRules& rules, const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code ignored;
  fs::create_directories(folder.parent_path(), ignored);
  (void)::mkdir(folder.c_str(), 0700);
  add(rules, Access::write, folder);
}

void add_audit(LandlockRules& rules, const config::AuditConfig& audit) {
  if (!audit.enabled) return;
  add_private_folder(rules, audit.path);
  const fs::path anchors = audit.anchor_file;
  if (!anchors.empty())
    add_writable_folder(rules, anchors.has_parent_path() ? anchors.parent_path() : ".");
}

}  // namespace

void add_common_paths(LandlockRules& rules, const config::CommonConfig& config,
                      const config::SandboxConfig& sandbox, const std::string& exe_dir) {
  add_system(rules);
  add(rules, Access::read, exe_dir);
  add(rules, Access::read, fs::path(exe_dir) / "../config");
  add(rules, Access::read, fs::path(exe_dir) / "../lib");
  // A configuration that came as text has a name, too. A file's name may be relative.
  std::error_code failed;
  if (fs::is_regular_file(config.file, failed)) add_folder_of(rules, config.file);
  add_folder_of(rules, config.lua_script_path);
  add_lua_path(rules, config.lua_path);
  add_folder_of(rules, config.http.ca_file);
  for (const auto& key : config.signing.keys) add_folder_of(rules, key.key_file);
  add_socket(rules, config.bind_address);
  add_socket(rules, config.serve.admin_address);
  add(rules, Access::read, config.serve.peers.token_file);
  const auto& tls = config.serve.tls;
  for (const auto& file : {tls.certificate, tls.key, tls.client_ca}) add_renewed(rules, file);
  add_writable_folder(rules, config.data_dir);
  // The socket through which `genvm-modules reload` asks; what is wrong with it is told later.
  (void)prepare_control_folder(control_folder());
  add(rules, Access::write, control_folder());
  for (const auto& path : sandbox.read_paths) add(rules, Access::read, path);
  for (const auto& path : sandbox.write_paths) add(rules, Access::write, path);
}

void add_paths(LandlockRules& rules, const config::LlmConfig& config) {
  add_audit(rules, config.audit);
  add_folder_of(rules, config.pricing.file);
  if (config.ledger.url.empty()) return;
  // What libpq reads of its user.
  const auto home = of_variable("HOME");
  add(rules, Access::read, of_variable("PGPASSFILE"));
  if (home.empty()) return;
  add(rules, Access::read, home / ".pgpass");
  add(rules, Access::read, home / ".postgresql");
}

void add_paths(LandlockRules& rules, const config::WebConfig& config) {
  add_audit(rules, config.audit);
  add_folder_of(rules, config.policy.public_suffix_list);
  add_socket(rules, config.render_service.bind_address);
  if (!config.browser.runtime_dir.empty()) add_writable_folder(rules, config.browser.runtime_dir);
}

}  // namespace gvm::apps

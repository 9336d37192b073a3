// `genvm-modules audit verify` and `audit show`: what a module has recorded of its answers.
#include "apps/front/audit.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/front/audit_place.h"
#include "apps/front/terminal.h"
#include "audit/page_record.h"
#include "audit/read.h"
#include "audit/verify.h"
#include "base/json.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

// Of `audit verify`.
constexpr int kExitCut = 2;
constexpr int kExitUnreadable = 3;

struct Options {
  AuditPlace place;
  std::string tx;
  std::string since;
  bool json = false;
  bool texts = false;
};

int complain(std::string_view command, const std::string& why) {
  std::fprintf(stderr, "genvm-modules %s: %s\n", std::string(command).c_str(),
               printable(why, Lines::keep).c_str());
  return kExitFailure;
}

int verify(Options& options) {
  if (auto found = options.place.resolve(); !found)
    return complain("audit verify", found.error()), kExitUnreadable;
  const auto report = audit::verify(options.place.folder, options.place.anchor_file);
  if (!report) return complain("audit verify", report.error().to_string()), kExitUnreadable;
  for (const auto& each : report->findings) {
    const auto line = each.line == 0 ? std::string() : fmt::format("{}:", each.line);
    std::printf("%s:%s %s\n", printable(each.file).c_str(), line.c_str(),
                printable(each.text).c_str());
  }
  for (const auto& note : report->notes) std::printf("note: %s\n", printable(note).c_str());
  const auto of = fmt::format(
      "{} record{} of {} answer{} in {} file{} of {} chain{}", report->records,
      report->records == 1 ? "" : "s", report->answers, report->answers == 1 ? "" : "s",
      report->files, report->files == 1 ? "" : "s", report->chains, report->chains == 1 ? "" : "s");
  if (report->whole()) {
    std::printf("whole: %s\n", of.c_str());
    return kExitOk;
  }
  std::printf("%s: %s\n", report->only_cut() ? "CUT" : "NOT WHOLE", of.c_str());
  return report->only_cut() ? kExitCut : kExitFailure;
}

// A date, a time of UTC, or a time before now: 12h, 7d.
std::optional<std::int64_t> parse_since(const std::string& text) {
  constexpr std::size_t kDate = 10, kSeconds = 20;
  if (text.size() == kDate) return audit::parse_time(text + "T00:00:00.000Z");
  if (text.size() == kSeconds) return audit::parse_time(text.substr(0, kSeconds - 1) + ".000Z");
  constexpr std::int64_t kHourMs = 3'600'000;
  const bool days = text.ends_with('d');
  if (text.size() < 2 || text.size() > 7 || (!days && !text.ends_with('h')) ||
      text.find_first_not_of("0123456789") != text.size() - 1)
    return std::nullopt;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() -
         std::stoll(text) * (days ? 24 * kHourMs : kHourMs);
}

void show_json(const audit::Shown& shown) {
  if (!shown.texts) {
    std::printf("%s\n", std::string(shown.line).c_str());
    return;
  }
  std::printf("{\"record\":%s,\"texts\":%s", std::string(shown.line).c_str(),
              json::write(shown.texts->fields).c_str());
  if (!shown.fault.empty()) std::printf(",\"fault\":\"%s\"", std::string(shown.fault).c_str());
  std::printf("}\n");
}

std::string list_at(const Value& fields, std::string_view key) {
  const Value* found = fields.find(key);
  const auto* all = found == nullptr ? nullptr : found->as_array();
  std::string out;
  if (all != nullptr)
    for (const auto& each : *all)
      out += (out.empty() ? "" : ", ") + std::string(each.as_string().value_or("?"));
  return out.empty() ? "-" : out;
}

std::string field(const audit::Parsed& record, std::string_view name) {
  const auto text = audit::text_of(record, name);
  return text.empty() ? std::string("-") : printable(text);
}

void show_page(const audit::Parsed& record) {
  const auto status = text::integer_at(record.fields, "/status").value_or(0);
  std::printf("%s  %-24s  %s %s  status %s  tx %s  rules %s\n", field(record, "at").c_str(),
              field(record, "outcome").c_str(), field(record, "entry").c_str(),
              field(record, "form").c_str(), status == 0 ? "-" : std::to_string(status).c_str(),
              field(record, "tx").c_str(), printable(list_at(record.fields, "rules")).c_str());
}

void show_answer(const audit::Parsed& record) {
  std::printf("%s  %-24s  %s/%s  %s %s  tx %s  record %s  rules %s\n", field(record, "at").c_str(),
              field(record, "outcome").c_str(), field(record, "backend").c_str(),
              field(record, "model").c_str(), field(record, "entry").c_str(),
              field(record, "format").c_str(), field(record, "tx").c_str(),
              field(record, "decision").c_str(),
              printable(list_at(record.fields, "rules")).c_str());
}

void show_text(const audit::Shown& shown) {
  const bool is_page = shown.record.kind == audit::kPageKind;
  is_page ? show_page(shown.record) : show_answer(shown.record);
  if (!shown.texts) return;
  for (const auto* name :
       {"system", "user", "url", "body", "body_sha256", "answer", "answer_sha256"}) {
    const Value* text = shown.texts->fields.find(name);
    const auto words = text == nullptr ? std::nullopt : text->as_string();
    if (words) std::printf("  %s: %s\n", name, printable(*words).c_str());
  }
  if (!shown.fault.empty()) std::printf("  %s\n", std::string(shown.fault).c_str());
}

int show(Options& options) {
  if (auto found = options.place.resolve(); !found) return complain("audit show", found.error());
  audit::Wanted wanted;
  wanted.texts = options.texts;
  if (!options.tx.empty()) wanted.tx = options.tx;
  if (!options.since.empty()) wanted.since_ms = parse_since(options.since);
  const auto done =
      audit::for_each_answer(options.place.folder, wanted, [&](const audit::Shown& shown) {
        options.json ? show_json(shown) : show_text(shown);
        return std::ferror(stdout) == 0;
      });
  return done ? kExitOk : complain("audit show", done.error().to_string());
}

std::string check_since(const std::string& text) {
  return parse_since(text) ? std::string()
                           : "\"" + text +
                                 "\" is no time: expected 2026-01-31, 2026-01-31T12:00:00Z, 12h "
                                 "or 7d";
}

}  // namespace

Command add_audit(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("audit", "look after the record of answers");
  command->require_subcommand(1);
  auto* check = command->add_subcommand(
      "verify", "follow every chain of records and name the first that is not as it was written");
  options->place.add_to(*check);
  check->add_option("--anchors", options->place.anchor_file,
                    "the file of anchors; default `audit.anchor_file`");
  check->footer(
      "Exit code: 0 whole, 1 a record was changed or removed, 2 only the end of a chain is "
      "missing, 3 the audit cannot be read, 64 wrong usage.");
  auto* list = command->add_subcommand("show", "list the answers that were recorded");
  options->place.add_to(*list);
  list->add_option("--tx", options->tx, "of this transaction only");
  list->add_option("--since", options->since, "a date, a time in UTC, or 12h, 7d")
      ->check(CLI::Validator(check_since, "TIME"));
  list->add_flag("--json", options->json, "the records as they are kept, one a line");
  list->add_flag("--texts", options->texts, "the texts too, as far as they are kept");
  list->footer("Exit code: 0, 1 the audit cannot be read, 64 wrong usage.");
  return [options, check] { return check->parsed() ? verify(*options) : show(*options); };
}

}  // namespace gvm::apps

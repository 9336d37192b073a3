#include "store/accounts.h"

#include <algorithm>
#include <limits>

#include "store/codes.h"

namespace gvm::store {
namespace {

constexpr std::int64_t kMillis = 1'000;

// A budget per session has an account per session.
std::string key_of(const Budget& budget, std::string_view scope, std::string_view session) {
  auto key = account_key(budget, scope);
  if (budget.period.is_session()) key.append(1, '\x1f').append(session);
  return key;
}

}  // namespace

Integer Balance::remaining() const {
  auto left = difference(budget->limit, sum(spent, reserved));
  return left.is_negative() ? Integer() : left;
}

Accounts::Bucket& Accounts::Account::advance(std::int64_t now_s) {
  auto newest = period.bucket_of(now_s);
  if (!buckets.empty()) newest = std::max(newest, buckets.back().start);
  if (buckets.empty() || buckets.back().start < newest) buckets.push_back({newest, {}, {}});
  while (buckets.front().start < period.oldest_counted(newest)) {
    spent = difference(spent, buckets.front().spent);
    reserved = difference(reserved, buckets.front().reserved);
    buckets.pop_front();
  }
  return buckets.back();
}

Accounts::Bucket* Accounts::Account::find(std::int64_t start) {
  const auto at = std::ranges::lower_bound(buckets, start, {}, &Bucket::start);
  return at != buckets.end() && at->start == start ? &*at : nullptr;
}

bool Accounts::Account::forgotten(std::int64_t now_s) const {
  return buckets.empty() || period.forgotten_at(buckets.back().start) <= now_s;
}

Accounts::Account* Accounts::account(const Charge& charge, std::string_view session) {
  const auto& budget = *charge.budget;
  auto key = key_of(budget, charge.scope, session);
  if (const auto found = accounts_.find(key); found != accounts_.end()) return &found->second;
  if (accounts_.size() >= most_) return nullptr;
  if (budget.period.is_session()) of_session_[std::string(session)].push_back(key);
  auto& made = accounts_[std::move(key)];
  made.period = budget.period;
  made.prefix_of = account_key(budget, "");
  made.scope = charge.scope;
  return &made;
}

Excess Accounts::excess_of(const Charge& charge, const Account& account,
                           const Integer& needed) const {
  const auto used = std::ranges::find_if(account.buckets, [](const Bucket& bucket) {
    return bucket.spent != Integer() || bucket.reserved != Integer();
  });
  const auto first = used != account.buckets.end() ? used->start : account.buckets.back().start;
  return {.budget = charge.budget,
          .scope = charge.scope,
          .spent = account.spent,
          .reserved = account.reserved,
          .needed = needed,
          .resets_at = account.period.forgotten_at(first)};
}

Result<Accounts::Made> Accounts::reserve(const std::vector<Charge>& charges, const Amounts& worst,
                                         std::string_view session) {
  const std::lock_guard lock(mutex_);
  Made made;
  made.time_ms = clock_.now_ms();
  made.charges.reserve(charges.size());
  struct Step {
    Account* account;
    Bucket* bucket;
  };
  std::vector<Step> steps;
  steps.reserve(charges.size());
  for (const auto& charge : charges) {
    auto* const one = account(charge, session);
    if (one == nullptr)
      return fail(codes::kLedgerUnavailable, Fatality::user,
                  "the ledger has " + std::to_string(most_) + " accounts, its limit");
    // A charge that is given twice counts once.
    if (std::ranges::find(steps, one, &Step::account) != steps.end()) continue;
    auto& bucket = one->advance(made.time_ms / kMillis);
    const auto needed = worst.in(charge.budget->unit);
    if (sum(sum(one->spent, one->reserved), needed) > charge.budget->limit) {
      auto excess = excess_of(charge, *one, needed);
      if (charge.budget->action != Action::warn) return fail(exceeded(excess));
      made.warnings.push_back(std::move(excess));
    }
    made.charges.push_back({charge.budget, charge.scope, bucket.start});
    steps.push_back({one, &bucket});
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto needed = worst.in(made.charges[i].budget->unit);
    steps[i].account->reserved = sum(steps[i].account->reserved, needed);
    steps[i].bucket->reserved = sum(steps[i].bucket->reserved, needed);
  }
  return made;
}

void Accounts::settle(const ReservedCall& reserved, const Amounts& actual) {
  const std::lock_guard lock(mutex_);
  for (const auto& charge : reserved.charges) {
    const auto found = accounts_.find(key_of(*charge.budget, charge.scope, reserved.info.session));
    if (found == accounts_.end()) continue;
    auto& account = found->second;
    auto* const bucket = account.find(charge.bucket);
    if (bucket == nullptr) continue;  // its window is over, so it no longer counts anywhere
    const auto worst = reserved.worst.in(charge.budget->unit);
    const auto spent = actual.in(charge.budget->unit);
    bucket->reserved = difference(bucket->reserved, worst);
    account.reserved = difference(account.reserved, worst);
    bucket->spent = sum(bucket->spent, spent);
    account.spent = sum(account.spent, spent);
  }
}

void Accounts::end_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto found = of_session_.find(session);
  if (found == of_session_.end()) return;
  for (const auto& key : found->second) accounts_.erase(key);
  of_session_.erase(found);
}

void Accounts::start_at(std::int64_t ms) {
  const std::lock_guard lock(mutex_);
  clock_.start_at(ms);
}

void Accounts::load(const Budget& budget, std::string_view scope, std::int64_t bucket,
                    const Integer& spent, const Integer& reserved) {
  const std::lock_guard lock(mutex_);
  auto& account = accounts_[account_key(budget, scope)];
  account.period = budget.period;
  account.prefix_of = account_key(budget, "");
  account.scope = scope;
  auto at = std::ranges::lower_bound(account.buckets, bucket, {}, &Bucket::start);
  if (at == account.buckets.end() || at->start != bucket)
    at = account.buckets.insert(at, {bucket, {}, {}});
  at->spent = sum(at->spent, spent);
  at->reserved = sum(at->reserved, reserved);
  account.spent = sum(account.spent, spent);
  account.reserved = sum(account.reserved, reserved);
}

void Accounts::sweep() {
  // A part of the hash table at a time: about 50 µs, because lanes wait for the lock meanwhile.
  constexpr std::size_t kSlots = 512;
  const std::lock_guard lock(mutex_);
  const auto now_s = clock_.now_ms() / kMillis;
  const auto slots = accounts_.bucket_count();
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < std::min(kSlots, slots); ++i) {
    const auto slot = sweep_from_++ % slots;
    for (auto at = accounts_.begin(slot); at != accounts_.end(slot); ++at) {
      if (at->second.forgotten(now_s)) gone.push_back(at->first);
    }
  }
  for (const auto& key : gone) accounts_.erase(key);
}

std::int64_t Accounts::now_ms() {
  const std::lock_guard lock(mutex_);
  return clock_.now_ms();
}

std::int64_t Accounts::wall_behind_ms() {
  const std::lock_guard lock(mutex_);
  return clock_.wall_behind_ms();
}

std::size_t Accounts::size() {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

std::vector<Balance> Accounts::balances(std::span<const BudgetPtr> budgets) {
  const std::lock_guard lock(mutex_);
  const auto now_s = clock_.now_ms() / kMillis;
  std::unordered_map<std::string, std::vector<Account*>> by_budget;
  for (auto& [key, account] : accounts_) {
    if (!account.forgotten(now_s)) by_budget[account.prefix_of].push_back(&account);
  }
  std::vector<Balance> out;
  for (const auto& budget : budgets) {
    const auto found = by_budget.find(account_key(*budget, ""));
    if (found == by_budget.end()) {
      const auto bucket = budget->period.bucket_of(now_s);
      out.push_back({budget, "", bucket, budget->period.forgotten_at(bucket), {}, {}});
      continue;
    }
    for (auto* const account : found->second) {
      account->advance(now_s);
      const auto excess = excess_of({budget, account->scope}, *account, {});
      out.push_back({budget, account->scope, account->buckets.front().start, excess.resets_at,
                     account->spent, account->reserved});
    }
  }
  std::ranges::sort(out, {},
                    [](const Balance& row) { return std::tie(row.budget->name, row.scope); });
  return out;
}

}  // namespace gvm::store

#include "filbert/fit_many.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "filbert/threads.hpp"
#include "system/check.hpp"
#include "system/team.hpp"
#include "system/threading.hpp"
#include "system/watch.hpp"
#include "training/member.hpp"

namespace filbert {
namespace {

using Indices = std::vector<std::size_t>;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// Calls work(worker, i) for each of these members, or units of them, in this order but side by
/// side, until all are done or the watch ends it. The first worker asks the watch while it waits
/// for the others, too.
template <class Item, class Work>
void for_each_of(const std::vector<Item>& members, std::size_t threads, Watch& watch, Work work) {
  std::atomic<std::size_t> next{0};
  Mutex leaving;
  Condition left;
  std::size_t gone = 0;
  run_team(std::clamp<std::size_t>(members.size(), 1, threads), [&](Worker& worker) {
    std::size_t at = 0;
    while (watch.go_on(worker, look_now) && (at = next.fetch_add(1)) < members.size()) {
      work(worker, members[at]);
    }
    std::unique_lock lock(leaving);
    if (worker.index() > 0) {
      ++gone;
      left.notify_one();
      return;
    }
    const auto all_gone = [&] { return gone + 1 == worker.count(); };
    while (!left.wait_for(lock, Watch::interval, all_gone)) {
      lock.unlock();
      static_cast<void>(watch.go_on(worker, look_now));
      lock.lock();
    }
  });
}

/// Members from the lowest key on, those of equal keys by their index.
void sort_by(Indices& members, const std::vector<double>& keys) {
  std::vector<std::pair<double, std::size_t>> sorted;
  for (const std::size_t i : members) sorted.emplace_back(keys[i], i);
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) members[i] = sorted[i].second;
}

/// Throws std::invalid_argument if two members have one address, but for null.
void require_own(const char* what, std::vector<std::pair<const void*, std::size_t>> addresses,
                 std::string_view name) {
  std::sort(addresses.begin(), addresses.end());
  for (std::size_t i = 1; i < addresses.size(); ++i) {
    const auto& [before, first] = addresses[i - 1];
    const auto& [same, second] = addresses[i];
    require(before != same || same == nullptr, name, "[", second, "]: ", what,
            ": expected one of its own, got that of ", name, "[", first, "]");
  }
}

/// Throws what is wrong with the first member of which anything is.
void require_members(const Members& members, const Indices& all, std::size_t threads,
                     std::string_view name) {
  require(!all.empty(), name, ": expected at least one, got none");
  std::vector<std::pair<const void*, std::size_t>> nets, optimizers;
  for (const std::size_t i : all) {
    nets.emplace_back(members.net(i), i);
    optimizers.emplace_back(members.optimizer(i), i);
  }
  require_own("net", std::move(nets), name);
  require_own("optimizer", std::move(optimizers), name);
  std::vector<std::exception_ptr> wrong(all.size());
  Watch nobody;
  for_each_of(all, threads, nobody, [&](Worker&, std::size_t i) {
    try {
      members.check(i);
    } catch (...) {
      wrong[i] = std::current_exception();
    }
  });
  for (const std::size_t i : all) {
    if (!wrong[i]) continue;
    try {
      std::rethrow_exception(wrong[i]);
    } catch (const std::invalid_argument& error) {
      refuse(name, "[", i, "]: ", error.what());
    }
  }
}

/// The members that go on after a comparison; the others end.
Indices best_of(const Indices& members, std::vector<Progress>& all, double keep) {
  std::vector<double> scores;
  for (const Progress& progress : all) scores.push_back(progress.score());
  Indices ranked = members, best;
  sort_by(ranked, scores);
  const double count = std::floor(keep * static_cast<double>(ranked.size()) + 0.5);
  ranked.resize(std::max<std::size_t>(1, static_cast<std::size_t>(count)));
  std::vector<bool> stays(all.size());
  for (const std::size_t i : ranked) stays[i] = true;
  for (const std::size_t i : members) {
    if (stays[i]) {
      best.push_back(i);
    } else if (!all[i].ended) {
      all[i].end(Ending::dropped);
    }
  }
  return best;
}

/// Trains all members, in rounds of `every` epochs where not all of them go on.
void run(const Members& members, std::vector<Progress>& all, Indices race, std::size_t threads,
         const ManyOptions& options) {
  struct ShowBest {  // whatever ends the training
    const Members& members;
    const std::vector<Progress>& all;
    ~ShowBest() {
      for (std::size_t i = 0; i < all.size(); ++i) members.put_back(i, all[i].best);
    }
  } const in_the_end{members, all};
  Watch watch(options.keep_going);
  std::vector<double> work;
  for (const std::size_t i : race) work.push_back(-members.work(i));
  for (std::size_t until = options.every;; until += options.every) {
    Indices next;
    for (const std::size_t i : race) {
      if (!all[i].ended) next.push_back(i);
    }
    if (next.empty()) return;
    sort_by(next, work);  // long work first, so that no thread is left alone with it in the end
    const std::size_t limit = race.size() == 1 || until == 0 ? no_limit : until;
    for_each_of(
        members.units(next, threads), threads, watch,
        [&](Worker& worker, const Unit& unit) { members.train(unit, all, limit, worker, watch); });
    if (watch.stopped()) return;
    race = best_of(race, all, options.keep);
  }
}

std::vector<MemberOutcome> fit_all(const Members& members, const ManyOptions& options) {
  require(options.keep > 0.0 && options.keep <= 1.0, "keep: expected a number in (0, 1], got ",
          options.keep);
  require((options.keep < 1.0) == (options.every > 0),
          "every: expected a number of epochs with keep < 1, and 0 without, got ", options.every);
  const std::size_t allowed = get_threads();
  const std::size_t threads = options.threads == 0 ? allowed : std::min(options.threads, allowed);
  Indices indices(members.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  require_members(members, indices, threads, options.name);
  std::vector<Progress> all(indices.size());
  run(members, all, std::move(indices), threads, options);
  std::vector<MemberOutcome> outcomes;
  for (Progress& progress : all) {
    if (!progress.ended) progress.end(Ending::interrupted);
    outcomes.push_back(std::move(progress.outcome));
  }
  return outcomes;
}

}  // namespace

std::vector<MemberOutcome> fit_many(std::span<const Member> members, const ManyOptions& options) {
  return fit_all(*as_members(members), options);
}
std::vector<MemberOutcome> fit_many(std::span<const Member64> members, const ManyOptions& options) {
  return fit_all(*as_members(members), options);
}

}  // namespace filbert

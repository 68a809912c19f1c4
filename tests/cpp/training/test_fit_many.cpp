// Many networks side by side: the bits of each are those of training it alone.
#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/members.hpp"
#include "system/watch.hpp"

using namespace filbert;
using members::alone, members::Many, members::same;

namespace {

template <class T>
void bits_are_those_of_one_alone() {
  constexpr std::size_t most = 40;
  Many<T> expected(most);
  std::vector<MemberOutcome> outcomes;
  std::set<Ending> endings;
  for (const BasicMember<T>& member : expected.members) outcomes.push_back(alone(member));
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{7}, most}) {
    for (const std::size_t threads : {1, 2, 3}) {
      for (const bool reversed : {false, true}) {
        const check::Case at("members", count, "threads", threads, "reversed", reversed);
        Many<T> many(count);
        std::vector<BasicMember<T>> members = many.members;
        if (reversed) std::ranges::reverse(members);
        set_threads(threads);
        std::vector<MemberOutcome> got = fit_many(std::span<const BasicMember<T>>(members));
        if (reversed) std::ranges::reverse(got);
        for (std::size_t i = 0; i < count; ++i) {
          const check::Case member("member", i);
          CHECK(same(*many.nets[i], *expected.nets[i]));
          CHECK_EQ(many.optimizers[i].steps(), expected.optimizers[i].steps());
          CHECK(same(got[i].training, outcomes[i].training));
          CHECK(same(got[i].validation, outcomes[i].validation));
          CHECK(got[i].ending == outcomes[i].ending);
          CHECK_EQ(got[i].best_epoch, outcomes[i].best_epoch);
          CHECK_EQ(got[i].penalties.size(),
                   many.members[i].options.alpha > 0.0 ? got[i].training.size() : 0);
          CHECK_EQ(got[i].error, "");
          const std::vector<Evaluation>& of =
              got[i].validation.empty() ? got[i].training : got[i].validation;
          CHECK_EQ(got[i].score,
                   of[(got[i].best_epoch > 0 ? got[i].best_epoch : of.size()) - 1].loss);
          endings.insert(got[i].ending);
        }
      }
    }
  }
  set_threads(0);
  CHECK_EQ(endings.size(), std::size_t{2});  // some have stopped early, and some have not
}

template <class T>
void one_that_diverges_ends_alone() {
  Many<T> expected(6), many(6);
  for (Many<T>* of : {&expected, &many}) {
    of->optimizers[4] = Sgd({.learning_rate = 1e30});
    of->members[4].options.alpha = of->members[4].options.average = 0.0;
  }
  const auto outcomes = fit_many(std::span<const BasicMember<T>>(many.members));
  for (std::size_t i = 0; i < 6; ++i) {
    const check::Case at("member", i);
    if (i == 4) {
      CHECK_THROWS(Diverged, alone(expected.members[i]), outcomes[i].error);
      CHECK(outcomes[i].ending == Ending::failed);
      CHECK(outcomes[i].divergence.has_value());
      CHECK_EQ(outcomes[i].score, std::numeric_limits<double>::infinity());
    } else {
      (void)alone(expected.members[i]);
      CHECK(outcomes[i].ending != Ending::failed);
    }
    CHECK(same(*many.nets[i], *expected.nets[i]));
  }
}

/// Everything is checked first: with a bad member nothing is trained.
void names_the_bad_member() {
  const auto refuses = [](const char* part, auto spoil) {
    for (const std::size_t bad : {0, 3, 6}) {
      Many<float> many(7);
      spoil(many, bad);
      std::vector<Network> before;
      for (const auto& net : many.nets) before.push_back(*net);
      const std::string message = "models[" + std::to_string(bad) + "]: " + part;
      CHECK_THROWS(std::invalid_argument,
                   fit_many(std::span<const Member>(many.members), {.name = "models"}), message);
      for (std::size_t i = 0; i < 7; ++i) {
        CHECK(same(*many.nets[i], before[i]));
        CHECK_EQ(many.optimizers[i].steps(), std::uint64_t{0});
      }
    }
  };
  refuses("net: expected a network, got null",
          [](auto& many, auto i) { many.members[i].net = nullptr; });
  refuses("optimizer: expected one, got null",
          [](auto& many, auto i) { many.members[i].optimizer = nullptr; });
  refuses("x: expected 5 columns, got 4",
          [](auto& many, auto i) { many.members[i].data.x = {many.examples.x.data(), 60, 4}; });
  refuses("labels: expected 60, one for each row of x, got 59", [](auto& many, auto i) {
    many.members[i].data = many.examples.all();
    many.members[i].data.labels = many.members[i].data.labels.first(59);
  });
  refuses("validation x: expected 5 columns, got 3", [](auto& many, auto i) {
    many.members[i].validation = many.examples.all();
    many.members[i].validation->x = {many.examples.x.data(), 60, 3};
  });
  refuses("batch_size: expected at least 1, got 0",
          [](auto& many, auto i) { many.members[i].options.batch_size = 0; });
  refuses("own_cost: expected a function, got none",
          [](auto& many, auto i) { many.members[i].options.own_cost = true; });
  refuses("dropout: expected", [](auto& many, auto i) { many.members[i].options.dropout = {2.0}; });
  refuses("patience: expected at least 1 epoch, got 0", [](auto& many, auto i) {
    many.members[i].patience = Patience{.monitor = EpochNumber::loss, .epochs = 0};
  });
  refuses("min_delta: expected a finite number >= 0, got -1", [](auto& many, auto i) {
    many.members[i].patience = Patience{.rules = {.min_delta = -1.0}, .monitor = EpochNumber::loss};
  });
  refuses("monitor: expected a number of the training data", [](auto& many, auto i) {
    many.members[i].validation.reset();
    many.members[i].patience = Patience{};
  });
  refuses("monitor: expected a cost, as the network does not classify", [](auto& many, auto i) {
    *many.nets[i] = Network({5, 3});
    many.members[i].patience = Patience{.monitor = EpochNumber::accuracy};
  });
}

void names_what_two_members_share() {
  Many<float> many(5);
  many.members[3].net = many.members[1].net;
  CHECK_THROWS(std::invalid_argument, fit_many(std::span<const Member>(many.members)),
               "members[3]: net: expected one of its own, got that of members[1]");
  Many<float> other(5);
  other.members[4].optimizer = other.members[0].optimizer;
  CHECK_THROWS(std::invalid_argument, fit_many(std::span<const Member>(other.members)),
               "members[4]: optimizer: expected one of its own, got that of members[0]");
  CHECK_THROWS(std::invalid_argument, fit_many(std::span<const Member>()),
               "members: expected at least one, got none");
}

void refuses_options() {
  Many<float> many(2);
  const std::span<const Member> members(many.members);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double keep : {0.0, -1.0, 1.5, nan}) {
    CHECK_THROWS(std::invalid_argument, fit_many(members, {.keep = keep, .every = 1}),
                 "keep: expected a number in (0, 1], got");
  }
  CHECK_THROWS(std::invalid_argument, fit_many(members, {.keep = 0.5}), "every: expected");
  CHECK_THROWS(std::invalid_argument, fit_many(members, {.every = 2}), "every: expected");
}

/// A no, or an exception, at each question: it ends the training of all of them.
void ends_when_told() {
  struct Enough : std::runtime_error {
    Enough() : std::runtime_error("enough") {}
  };
  const auto interval = std::exchange(Watch::interval, std::chrono::milliseconds(0));
  for (const std::size_t threads : {1, 2}) {
    set_threads(threads);
    for (const bool throws : {false, true}) {
      for (const int stop : {1, 2, 3, 5, 9, 14}) {
        Many<float> many(6, 400);
        int asked = 0;
        std::vector<MemberOutcome> outcomes;
        bool thrown = false;
        try {
          outcomes = fit_many(std::span<const Member>(many.members), {.keep_going = [&] {
                                CHECK(asked < stop);  // after a no, nobody asks again
                                if (++asked < stop) return true;
                                return throws ? throw Enough() : false;
                              }});
        } catch (const Enough&) {
          thrown = true;
        }
        const check::Case at("threads", threads, "throws", throws, "stop", stop);
        CHECK_EQ(thrown, throws);
        if (throws) continue;
        CHECK(std::ranges::any_of(
            outcomes, [](const auto& outcome) { return outcome.ending == Ending::interrupted; }));
        for (std::size_t i = 0; i < 6; ++i) {  // whole steps, and the best epoch
          CHECK_EQ(outcomes[i].error, "");
          if (outcomes[i].training.empty()) {
            CHECK_EQ(outcomes[i].score, std::numeric_limits<double>::infinity());
          }
        }
      }
    }
  }
  Watch::interval = interval;
  set_threads(0);
}

}  // namespace

int main() {
  bits_are_those_of_one_alone<float>();
  bits_are_those_of_one_alone<double>();
  one_that_diverges_ends_alone<float>();
  one_that_diverges_ends_alone<double>();
  names_the_bad_member();
  names_what_two_members_share();
  refuses_options();
  ends_when_told();
  return check::report();
}

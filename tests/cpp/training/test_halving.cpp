// Successive halving of many networks: who goes on, and that nobody can tell it from the bits.
#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "filbert/filbert.hpp"
#include "support/check.hpp"
#include "support/members.hpp"

using namespace filbert;
using members::alone, members::Examples, members::Many, members::same;

namespace {

/// Successive halving: who goes on, and that nobody can tell it from the bits.
template <class T>
void survivors_are_as_uninterrupted() {
  constexpr std::size_t count = 27, every = 2, epochs = 9;
  for (const std::size_t threads : {1, 2}) {
    Many<T> many(count, epochs), reference(count, epochs);
    for (Many<T>* of : {&many, &reference}) {
      for (BasicMember<T>& member : of->members) member.patience.reset();
    }
    set_threads(threads);
    const auto outcomes = fit_many(std::span<const BasicMember<T>>(many.members),
                                   {.keep = 1.0 / 3.0, .every = every});
    std::vector<std::size_t> race(count);
    std::iota(race.begin(), race.end(), std::size_t{0});
    for (std::size_t until = every; race.size() > 1; until += every) {
      const check::Case at("until", until);
      const auto score = [&](std::size_t i) {
        const auto& of =
            outcomes[i].validation.empty() ? outcomes[i].training : outcomes[i].validation;
        return of[std::min(until, of.size()) - 1].loss;
      };
      std::vector<std::size_t> ranked = race;
      std::ranges::stable_sort(ranked, {}, score);
      ranked.resize(std::max<std::size_t>(1, (race.size() + 1) / 3));
      std::ranges::sort(ranked);
      for (const std::size_t i : race) {
        const bool stays = std::ranges::binary_search(ranked, i);
        const check::Case member("member", i);
        if (outcomes[i].ending == Ending::finished) {  // L-BFGS may have converged
          CHECK(stays || i % 5 == 3);
        } else {
          CHECK(!stays || outcomes[i].training.size() > until);
        }
        if (stays) continue;
        if (outcomes[i].ending == Ending::dropped) CHECK_EQ(outcomes[i].training.size(), until);
        (void)alone(reference.members[i], until);
        CHECK(same(*many.nets[i], *reference.nets[i]));
      }
      race = ranked;
    }
    (void)alone(reference.members[race[0]]);
    CHECK(same(*many.nets[race[0]], *reference.nets[race[0]]));
    CHECK(outcomes[race[0]].ending == Ending::finished);
  }
  set_threads(0);
}

/// Of equal scores the first ones go on.
void ties_go_by_index() {
  const Examples<float> examples;
  std::vector<Network> nets(8, Network({5, 4, 3}, {.output = softmax, .seed = 3}));
  std::vector<Optimizer> optimizers(8, Sgd({.learning_rate = 0.1}));
  std::vector<Member> members;
  for (std::size_t i = 0; i < 8; ++i) {
    members.push_back({.net = &nets[i],
                       .optimizer = &optimizers[i],
                       .data = examples.all(),
                       .options = {.epochs = 10}});
  }
  const auto outcomes = fit_many(std::span<const Member>(members), {.keep = 0.5, .every = 3});
  const std::size_t epochs[] = {10, 9, 6, 6, 3, 3, 3, 3};
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK_EQ(outcomes[i].training.size(), epochs[i]);
    CHECK(outcomes[i].ending == (i == 0 ? Ending::finished : Ending::dropped));
  }
}

}  // namespace

int main() {
  survivors_are_as_uninterrupted<float>();
  survivors_are_as_uninterrupted<double>();
  ties_go_by_index();
  return check::report();
}

// Takes rows that do not depend on each other, such as those of a prediction, through a network. If
// there are many, each thread takes pieces of them through all layers, in memory of its own, and
// does not wait for the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <new>
#include <optional>

#include "filbert/network.hpp"
#include "filbert/threads.hpp"
#include "network/phases.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {

constexpr std::size_t most_piece_rows = 256;

/// Returns how many rows a thread takes at a time. They are so few that what a layer reads and
/// writes of them stays in the second cache, and that all threads end at about the same time; and
/// so many that reading W again for each piece costs little. They fill whole tiles of six rows.
template <class T>
std::size_t piece_rows(const BasicNetwork<T>& net, std::size_t rows, std::size_t threads) {
  constexpr std::size_t cached = 512 * 1024 / sizeof(T), least = 96, worth_cutting = 48, tile = 6;
  std::size_t widest = 1;
  for (const Layer& layer : net.layers()) widest = std::max(widest, layer.inputs + layer.outputs);
  const std::size_t most = std::clamp(cached / widest, least, most_piece_rows);
  if (threads == 1) return std::min(rows, most);
  const std::size_t own = (rows - 1) / threads + 1;
  const std::size_t pieces =
      std::max((own - 1) / most + 1, std::clamp<std::size_t>(own / worth_cutting, 1, 4));
  return ((rows - 1) / (threads * pieces) + tile) / tile * tile;
}

/// How the threads of a call share its rows.
struct RowSharing {
  std::size_t threads;
  bool own_rows;  // each thread takes pieces of the rows; if not, all share each layer
};

/// Chooses how the threads share the rows. They share each layer where there are too few rows for
/// every thread to have some. Where W does not fit in the second cache, they do so for more rows,
/// because reading W then takes longer than multiplying, and each had better read a part of it.
template <class T>
RowSharing share_rows(const BasicNetwork<T>& net, std::size_t rows) {
  // So many operations take 10 microseconds. Waking a thread for less does not pay.
  constexpr std::size_t operations_of_thread = 500'000;
  constexpr std::size_t cached = 1024 * 1024 / sizeof(T);  // weights that the second cache holds
  const std::size_t weights = net.parameters().size(), least = weights <= cached ? 6 : 12;
  std::size_t threads = std::max<std::size_t>(1, rows * weights / operations_of_thread);
  if (threads > 1) threads = std::min(threads, get_threads());
  if (rows > most_piece_rows || rows >= least * threads) {
    return {std::clamp<std::size_t>(rows / least, 1, threads), true};
  }
  return {threads == 1 && weights <= cached ? 1 : team_size(net, rows), false};
}

/// Takes all rows through a network. make(most_rows) returns an object with what a thread needs for
/// pieces of up to that many rows. It has two functions:
///
///   bool take(rows)             makes a range of the rows the next piece; false ends the work.
///   bool run(worker, between)   does the work on that piece, as part of a team, and calls
///                               between(operations) where LayerBuffers::forward does.
///
/// Returns false if one of these or the watch has ended the work before its end.
template <class T, class Make>
[[nodiscard]] bool run_row_pieces(const BasicNetwork<T>& net, std::size_t rows, Watch& watch,
                                  Make make) {
  using Work = decltype(make(rows));
  const auto [threads, own_rows] = share_rows(net, rows);
  if (!own_rows) {
    Work work = make(rows);
    if (!work.take({0, rows})) return false;
    bool done = false;
    run_team(threads, [&](Worker& worker) {
      const bool all =
          work.run(worker, [&](std::size_t operations) { return watch.sync(worker, operations); });
      if (worker.index() == 0) done = all;
    });
    return done;
  }

  const std::size_t size = piece_rows(net, rows, threads), count = (rows - 1) / size + 1;
  std::atomic<std::size_t> taken{0};
  std::atomic<bool> ended{false};
  run_team(
      std::min(threads, count),
      [&](Worker& worker) {
        const bool first = worker.index() == 0;
        std::optional<Work> work;
        try {
          work.emplace(make(size));
        } catch (const std::bad_alloc&) {
          if (first) throw;
          return;  // the other threads take its pieces
        }
        Worker alone = worker.alone();
        // The first worker always has a piece, the first one, because it alone can ask the watch.
        for (std::size_t piece = first ? 0 : 1 + taken.fetch_add(1, std::memory_order_relaxed);
             piece < count; piece = 1 + taken.fetch_add(1, std::memory_order_relaxed)) {
          if (ended.load(std::memory_order_relaxed)) return;
          const std::size_t begin = piece * size;
          const bool done = work->take({begin, std::min(rows, begin + size)}) &&
                            work->run(alone, [&](std::size_t operations) {
                              return watch.go_on(worker, operations);
                            });
          if (!done) {
            ended.store(true, std::memory_order_relaxed);
            return;
          }
        }
      },
      Helpers::optional);
  return !ended.load(std::memory_order_relaxed) && !watch.stopped();
}

}  // namespace filbert

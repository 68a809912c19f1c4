// filbert, neural networks in a nutshell. A complete program:
//
//   #include <cstdio>
//   #include <filbert/filbert.hpp>
//
//   int main() {
//     const float x[] = {0, 0, 0, 1, 1, 0, 1, 1}, y[] = {0, 1, 1, 0};  // exclusive or
//     filbert::Network net({2, 8, 1}, {.activation = filbert::tanh,
//                                      .output = filbert::sigmoid, .seed = 0});
//     filbert::Optimizer adam = filbert::Adam({.learning_rate = 0.05});
//     filbert::fit(net, {.x = {x, 4, 2}, .y = {y, 4, 1}}, adam, {.epochs = 500});
//     filbert::Workspace workspace(net, {.max_batch = 4, .training = false});
//     filbert::ConstMatrixView a = filbert::forward(net, {x, 4, 2}, workspace);
//     for (int i = 0; i < 4; ++i) {
//       std::printf("%g xor %g: %.3f\n", x[2 * i], x[2 * i + 1], a(i, 0));
//     }
//   }
#pragma once

#include "filbert/activation.hpp"
#include "filbert/batch_source.hpp"
#include "filbert/checkpoint.hpp"
#include "filbert/classes.hpp"
#include "filbert/columns.hpp"
#include "filbert/data.hpp"
#include "filbert/diverged.hpp"
#include "filbert/early_stopping.hpp"
#include "filbert/elements.hpp"
#include "filbert/ensemble_file.hpp"
#include "filbert/file_replacement.hpp"
#include "filbert/fit.hpp"
#include "filbert/fit_many.hpp"
#include "filbert/fit_options.hpp"
#include "filbert/fit_position.hpp"
#include "filbert/initialiser.hpp"
#include "filbert/interrupted.hpp"
#include "filbert/isa.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"
#include "filbert/metrics.hpp"
#include "filbert/model_file.hpp"
#include "filbert/network.hpp"
#include "filbert/normalisation.hpp"
#include "filbert/optimizer.hpp"
#include "filbert/option_table.hpp"
#include "filbert/own_cost.hpp"
#include "filbert/propagate.hpp"
#include "filbert/rules.hpp"
#include "filbert/schedule.hpp"
#include "filbert/schedules.hpp"
#include "filbert/snapshot.hpp"
#include "filbert/tensor_file.hpp"
#include "filbert/threads.hpp"
#include "filbert/trainer.hpp"
#include "filbert/version.h"
#include "filbert/workspace.hpp"

// A loop around libfann, so that FANN pays for no Python. float32, one batch for each step.

#include <fann.h>

#include <algorithm>
#include <vector>

struct Run {
  fann* net;
  std::vector<fann_train_data*> batches;
};

extern "C" {

// sizes: layers of them. weights: for each layer and neuron, its weights, then its bias.
// x: (batches * batch, inputs), y: (batches * batch, outputs).
Run* run_create(const unsigned* sizes, unsigned layers, int hidden, float learning_rate,
                const float* weights, const float* x, const float* y, unsigned batch,
                unsigned batches) {
  Run* run = new Run{fann_create_standard_array(layers, sizes), {}};
  fann* net = run->net;
  fann_set_training_algorithm(net, FANN_TRAIN_BATCH);
  fann_set_train_error_function(net, FANN_ERRORFUNC_LINEAR);
  fann_set_activation_function_hidden(net, static_cast<fann_activationfunc_enum>(hidden));
  fann_set_activation_function_output(net, FANN_LINEAR);
  fann_set_activation_steepness_hidden(net, 0.5f);  // its sigmoid is 1 / (1 + exp(-2 s z))
  fann_set_activation_steepness_output(net, 1.0f);
  fann_set_learning_rate(net, learning_rate);
  std::copy_n(weights, fann_get_total_connections(net), net->weights);
  const unsigned inputs = sizes[0], outputs = sizes[layers - 1];
  for (unsigned k = 0; k < batches; ++k) {
    fann_train_data* data = fann_create_train(batch, inputs, outputs);
    for (unsigned i = 0; i < batch; ++i) {
      std::copy_n(x + (k * batch + i) * inputs, inputs, data->input[i]);
      std::copy_n(y + (k * batch + i) * outputs, outputs, data->output[i]);
    }
    run->batches.push_back(data);
  }
  return run;
}

void run_epochs(Run* run, unsigned n) {
  while (n--) {
    for (fann_train_data* data : run->batches) fann_train_epoch(run->net, data);
  }
}

void run_weights(Run* run, float* weights) {
  std::copy_n(run->net->weights, fann_get_total_connections(run->net), weights);
}
}

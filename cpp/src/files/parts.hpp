// What a file can hold: a network, an optimizer and a training. The functions make their
// descriptions, and write and read their tensors, which the checksum covers in the order history,
// normalisation, other parameters, network, optimizer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "files/archive.hpp"
#include "files/description.hpp"

namespace filbert {

template <class T>
NetworkDescription describe(const BasicNetwork<T>& net);
OptimizerDescription describe(const Optimizer& optimizer);

// prefix: what the names of tensors begin with, where a file holds several networks.
template <class T>
void append_tensors(std::vector<TensorData>& tensors, const BasicNetwork<T>& net,
                    const std::string& prefix = {});
void append_tensors(std::vector<TensorData>& tensors, const Normalisation& normalisation,
                    std::size_t inputs, const std::string& prefix = {});
void append_tensors(std::vector<TensorData>& tensors, const Optimizer& optimizer);
void append_tensors(std::vector<TensorData>& tensors, const Training& training);
/// Those that training goes on from, and those of the best epoch. T: the type of the network.
template <class T>
void append_other_parameters(std::vector<TensorData>& tensors, const Training& training);

// These throw FormatError. They allocate nothing before they have compared its size with what the
// file has. A network whose parameters lie in the mapping as in a network keeps the mapping.
Normalisation read_normalisation(ArchiveReader& reader, const NetworkDescription& network,
                                 const std::string& prefix = {});
template <class T>
BasicNetwork<T> read_network(ArchiveReader& reader, NetworkDescription& description,
                             Normalisation normalisation, const std::shared_ptr<std::byte>& mapping,
                             const std::string& prefix = {});
Optimizer read_optimizer(ArchiveReader& reader, const OptimizerDescription& description);
void read_history(ArchiveReader& reader, Training& training);
template <class T>
void read_other_parameters(ArchiveReader& reader, const NetworkDescription& network,
                           Training& training);

// These read for the checksum only, and keep nothing.
void skip_optimizer(ArchiveReader& reader, const OptimizerDescription& description);
void skip_history(ArchiveReader& reader, const Training& training);
void skip_other_parameters(ArchiveReader& reader, const NetworkDescription& network,
                           const Training& training);

}  // namespace filbert

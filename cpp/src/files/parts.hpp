// What a file can hold: a network, an optimizer, a training. Their descriptions, and their tensors
// in the order in which the checksum goes over them: history, network, optimizer.
#pragma once

#include <memory>
#include <vector>

#include "filbert/network.hpp"
#include "filbert/optimizer.hpp"
#include "files/archive.hpp"
#include "files/description.hpp"

namespace filbert {

template <class T>
NetworkDescription describe(const BasicNetwork<T>& net);
OptimizerDescription describe(const Optimizer& optimizer);

template <class T>
void append_blocks(std::vector<Block>& blocks, const BasicNetwork<T>& net);
void append_blocks(std::vector<Block>& blocks, const Optimizer& optimizer);
void append_blocks(std::vector<Block>& blocks, const Training& training);

// Each throws FormatError; nothing is allocated before its size is known to be that of the file.
// Where there is a mapping, and the parameters are in it as they should be, the network keeps it.
template <class T>
BasicNetwork<T> read_network(ArchiveReader& reader, NetworkDescription& description,
                             const std::shared_ptr<std::byte>& mapping);
Optimizer read_optimizer(ArchiveReader& reader, const OptimizerDescription& description);
void read_history(ArchiveReader& reader, Training& training);

// The same, for the checksum only.
void skip_optimizer(ArchiveReader& reader, const OptimizerDescription& description);
void skip_history(ArchiveReader& reader, const Training& training);

}  // namespace filbert

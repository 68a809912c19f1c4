// The columns of a table: which a network takes, and that a file holds them.
#include <string>
#include <vector>

#include "filbert/filbert.hpp"
#include "files/description.hpp"
#include "support/check.hpp"
#include "support/counted_memory.hpp"
#include "support/files.hpp"

using filbert::Column;
using filbert::FormatError;
using filbert::Network;
using Columns = std::vector<Column>;
using Names = std::vector<std::string>;
using Wrong = std::invalid_argument;

namespace {

const Columns columns{{"size", {}, true}, {"colour \"\\\n", {"red", "", "\u20ac"}}, {"age"}};

Network network() { return Network({6, 2}, {.output = filbert::softmax, .seed = 1}); }

void widths() {
  CHECK_EQ(filbert::inputs_of(columns[0]), std::size_t{2});
  CHECK_EQ(filbert::inputs_of(columns[1]), std::size_t{3});
  CHECK_EQ(filbert::inputs_of(columns[2]), std::size_t{1});
  CHECK_EQ(filbert::inputs_of({"a", {"x"}, true}), std::size_t{1});
}

void told_to_a_network() {
  const Network net({6, 2}, {.columns = columns, .target_name = "y"});
  CHECK(net.columns() == columns);
  CHECK_EQ(net.target_name(), std::string("y"));
  const Network copy = net;
  CHECK(copy.columns() == columns);
  CHECK(network().columns().empty());
  CHECK(network().target_name().empty());
  CHECK_THROWS(Wrong, Network({5, 2}, {.columns = columns}), "become 5 inputs, got 6");
  CHECK_THROWS(Wrong, Network({7, 2}, {.columns = columns}), "become 7 inputs, got 6");
  const filbert::NetworkOptions options{.columns = columns};
  CHECK_THROWS(Wrong, Network({5, 2}, options, filbert::AlignedBuffer<float>(12)), "columns");
}

/// What a network refuses changes nothing.
void refuses(Columns wrong, std::string target, const std::string& message) {
  const check::Case at(message);
  Network net({6, 2}, {.columns = columns, .target_name = "y"});
  CHECK_THROWS(Wrong, net.set_columns(wrong, target), message);
  CHECK(net.columns() == columns);
  CHECK_EQ(net.target_name(), std::string("y"));
}

void wrong_columns() {
  const auto with = [](Column last) { return Columns{{"a", {}, true}, {"b", {}, true}, last}; };
  const Column two{"c", {}, true};
  Network net = network();
  net.set_columns(with(two), "");
  net.set_columns({two, two, two}, "");  // frames may have a name twice
  net.set_columns({}, "y");
  refuses(with({"c"}), "", "become 6 inputs, got 5");
  refuses(with({"c", {"x", "y", "z"}, true}), "", "become 6 inputs, got 7");
  refuses(with({"c", {"x", "x"}}), "", "columns: expected each value once, got 'x' twice");
  refuses(with({"c", {"y", "x", "y"}}), "", "columns: expected each value once, got 'y' twice");
  refuses(with({std::string("\0", 1), {}, true}), "", "columns: expected no NUL in a name");
  refuses(with({"c", {std::string("x\0", 2), "y"}}), "", "columns: expected no NUL in a name");
  refuses(with({"\xED\xA0\x80", {}, true}), "", "columns: expected names in UTF-8");
  refuses(with({"c", {"\xFF", "y"}}), "", "columns: expected names in UTF-8");
  refuses(with(two), std::string("\0", 1), "target_name: expected no NUL");
  refuses(with(two), "\xFF", "target_name: expected names in UTF-8");
  refuses(with({std::string(1 << 19, 'c'), {}, true}), "",
          "columns: expected at most 458752 bytes");
  refuses({}, std::string(1 << 19, 'c'), "target_name: expected at most 458752 bytes");
}

/// As many and as long as they may be, they can be saved; one more is refused.
void most() {
  Columns many(filbert::max_columns, {"c"});
  Network wide({many.size(), 1});
  wide.set_columns(many, "y");
  CHECK(std::get<Network>(filbert::from_bytes(to_bytes(wide))).columns() == many);
  many.push_back({"c"});
  CHECK_THROWS(Wrong, Network({many.size(), 1}).set_columns(many, ""),
               "columns: expected at most 10000, got 10001");

  Column values{"c"};
  for (std::size_t i = 0; i < filbert::max_names - 1; ++i) {
    values.values.push_back(std::to_string(100000 + i));
  }
  Network texts({values.values.size(), 1});
  texts.set_columns({values}, "");
  CHECK(std::get<Network>(filbert::from_bytes(to_bytes(texts))).columns() == Columns{values});
  values.values.push_back("x");
  CHECK_THROWS(Wrong, Network({values.values.size(), 1}).set_columns({values}, ""),
               "columns: expected at most 25000, classes included, got 25001");

  for (const char letter : {'c', '"', '\x1f'}) {
    const check::Case at(int{letter});
    const std::size_t size = letter == 'c' ? 1 : letter == '"' ? 4 : 7;
    const std::size_t longest = (filbert::max_names_text - 2 * 16 - 2 * 5 - 1) / size;
    Network net({1, 1});
    net.set_columns({{std::string(longest, letter), {"v"}}}, "");
    const Network read = std::get<Network>(filbert::from_bytes(to_bytes(net)));
    CHECK(read.columns() == net.columns());
    CHECK_THROWS(Wrong, net.set_columns({{std::string(longest + 1, letter), {"v"}}}, ""),
                 "columns: expected at most 458752 bytes in the header of a file");
    CHECK_THROWS(Wrong, net.set_feature_names({std::string(100, 'n')}), "at most 458752 bytes");
  }
}

void in_files(const files::Folder& folder) {
  Network net = network();
  net.set_columns(columns, "y");
  save(net, folder / "net.safetensors");
  for (const bool mmap : {false, true}) {
    const Network read = filbert::load(folder / "net.safetensors", {.mmap = mmap});
    CHECK(read.columns() == columns);
    CHECK_EQ(read.target_name(), std::string("y"));
  }
  const files::Bytes plain = to_bytes(network());
  net.set_columns({}, "");
  CHECK(to_bytes(net) == plain);  // nothing is written where there is nothing
}

/// A description of a network with these members, which is read.
filbert::Description parsed(const std::string& members) {
  return filbert::parse_description(
      R"({"format":1,"network":{"dtype":"float32","sizes":[2,2],"activations":["relu"],"seed":0,)" +
      members + R"("epoch":0}})");
}

void crafted() {
  const auto refuses = [](const std::string& list, const std::string& message) {
    const check::Case at(list.substr(0, 100));
    CHECK_THROWS(FormatError, parsed("\"columns\":[" + list + "],"), message);
  };
  CHECK(parsed(R"("columns":[{"name":"a"},{"gaps":true,"values":["x"],"name":"b"}],)")
            .network->options.columns == (Columns{{"a"}, {"b", {"x"}, true}}));
  CHECK(parsed(R"("columns":[],"target_name":"",)").network->options.columns.empty());
  refuses("1", "expected an object, got '1'");
  refuses(R"("a")", "expected an object, got '\"'");
  refuses("{}", "expected the key 'name', got none");
  refuses("[{}]", "expected an object, got '['");
  refuses(R"({"values":["x"]})", "expected the key 'name', got none");
  refuses(R"({"name":1})", "expected a string, got '1'");
  refuses(R"({"name":"a","name":"a"})", "expected each key once, got 'name' twice");
  refuses(R"({"name":"a","mean":"0x1p+0"})", "expected one of the known keys, got 'mean'");
  refuses(R"({"name":"a","values":[]})", "expected values, or no such key, got none");
  refuses(R"({"name":"a","values":"x"})", "expected an array");
  refuses(R"({"name":"a","values":[1]})", "expected a string, got '1'");
  refuses(R"({"name":"a","values":[["x"]]})", "expected a string, got '['");
  refuses(R"({"name":"a","gaps":false})", "expected true, or no such key, got false");
  refuses(R"({"name":"a","gaps":1})", "expected true or false");
  refuses(R"({"name":"a"},)", "expected an object, got ']'");
  refuses(R"({"name":"\ud800"})", "expected a pair of surrogates, got half of one");
  CHECK_THROWS(FormatError, parsed(R"("columns":[],"columns":[],)"), "got 'columns' twice");
  CHECK_THROWS(FormatError, parsed(R"("columns":{"name":"a"},)"), "expected an array");
  CHECK_THROWS(FormatError, parsed(R"("target_name":1,)"), "expected a string, got '1'");
  std::string many = R"({"name":"a"})";
  for (int i = 1; i <= 10000; ++i) many += R"(,{"name":"a"})";
  refuses(many, "at most 10000 elements");
  std::string values = R"("x")";
  for (int i = 1; i < 25000; ++i) values += R"(,"x")";
  refuses(R"({"name":"a","values":[)" + values + "]}", "at most 24999 elements");
}

/// Lists of columns without end take no more memory than the file's size and 1 MiB.
void memory() {
  const auto measure = [](const std::string& column, int times, int sizes) {
    const check::Case at(column.substr(0, 60), times);
    std::string list, size = "1";
    for (int i = 0; i < times; ++i) {
      if (i > 0) list += ',';
      list += column;
    }
    for (int i = 1; i < sizes; ++i) size += ",1";
    std::string json = R"({"format":1,"network":{"columns":[)";
    json.append(list).append(R"(],"dtype":"float32","sizes":[)").append(size);
    json.append(R"(],"activations":["relu"],"seed":0,"epoch":0}})");
    for (std::size_t i = 0; (i = json.find_first_of("\"\\", i)) != json.npos; i += 2) {
      json.insert(i, 1, '\\');
    }
    std::string header = R"({"__metadata__":{"filbert":")";
    header.append(json).append(R"(","filbert.checksum":""}})");
    const files::Bytes file = files::with_header(header, 0);
    const std::size_t before = in_use;
    peak = before;
    CHECK_THROWS(FormatError, filbert::from_bytes(file), "");
    CHECK(peak - before <= file.size() + (std::size_t{1} << 20));
  };
  std::string values = R"("x")";
  for (int i = 1; i < 14999; ++i) values += R"(,"x")";
  for (const int sizes : {2, 1000}) {
    for (const int times : {100, 9999, 10000, 30000}) {
      measure(R"({"name":""})", times, sizes);
      measure(R"({"name":"a","gaps":true})", times, sizes);
      measure(R"({"name":"sixteen letters!"})", times, sizes);
    }
    measure(R"({"name":"a","values":["x"]})", 12500, sizes);
    measure(R"({"name":"a","values":[)" + values + "]}", 1, sizes);
    measure(R"({"name":"a","values":[)" + values + "]}", 2, sizes);
    measure(R"({"name":"a","values":["x","y","z"]})", 6250, sizes);
  }
}

}  // namespace

int main() {
  const files::Folder folder("columns");
  widths();
  told_to_a_network();
  wrong_columns();
  most();
  in_files(folder);
  crafted();
  memory();
  return check::report();
}

// Damaged and hostile files: an error that says what is wrong, or an equal network; no more memory
// than the file's size and 1 MiB.
#include <cstdint>
#include <memory>
#include <utility>

#include "filbert/filbert.hpp"
#include "files/description.hpp"
#include "support/check.hpp"
#include "support/counted_memory.hpp"
#include "support/files.hpp"

using filbert::FormatError;
using files::Bytes;

namespace {

/// What is in a file, written down again; empty if it is refused.
Bytes content(const Bytes& file) {
  const std::size_t before = in_use;
  peak = before;
  Bytes again;
  try {
    filbert::AnyNetwork net = filbert::from_bytes(file);
    CHECK(peak - before <= file.size() + (std::size_t{1} << 20));
    again = std::visit([](const auto& any) { return to_bytes(any); }, net);
  } catch (const FormatError& error) {
    CHECK(peak - before <= file.size() + (std::size_t{1} << 20));
    CHECK(std::string_view(error.what()).find("expected") != std::string_view::npos);
  }
  return again;
}

void truncated_and_longer(const std::vector<Bytes>& samples) {
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Bytes& sample = samples[s];
    for (std::size_t size = 0; size < sample.size(); ++size) {
      const check::Case at("sample", s, "truncated to", size);
      CHECK(content(Bytes(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size)))
                .empty());
    }
    for (const std::byte extra : {std::byte{0}, std::byte{' '}, std::byte{'}'}}) {
      Bytes longer = sample;
      longer.push_back(extra);
      const check::Case at("sample", s, "and byte", std::to_integer<int>(extra));
      CHECK(content(longer).empty());
    }
  }
}

void every_bit_flipped(const std::vector<Bytes>& samples) {
  std::size_t flips = 0, equal = 0;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Bytes &sample = samples[s], whole = content(sample);
    for (std::size_t bit = 0; bit < 8 * sample.size(); ++bit) {
      const check::Case at("sample", s, "bit", bit);
      Bytes flipped = sample;
      flipped[bit / 8] ^= std::byte{1} << bit % 8;
      const Bytes read = content(flipped);
      CHECK(read.empty() || read == whole);
      ++flips;
      equal += read.empty() ? 0 : 1;
    }
  }
  CHECK(flips > 50000);
  CHECK(equal < flips / 1000);  // next to none: such as a quote of JSON's own that may be escaped
  std::printf("%zu bits flipped: %zu equal networks, the rest refused\n", flips, equal);
}

void every_byte_replaced(const std::vector<Bytes>& samples) {
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Bytes &sample = samples[s], whole = content(sample);
    for (std::size_t i = 0; i < sample.size(); ++i) {
      for (const unsigned char value : std::string("\0\1 \"09{}\x7F\x80\xFF", 11)) {
        const check::Case at("sample", s, "byte", i, "replaced by", int{value});
        Bytes changed = sample;
        changed[i] = std::byte{value};
        const Bytes read = content(changed);
        CHECK(read.empty() || read == whole);
      }
    }
  }
}

void refuses(const std::string& header, std::size_t data, const char* message) {
  const check::Case at(header.substr(0, 300));
  CHECK_THROWS(FormatError, filbert::from_bytes(files::with_header(header, data)), message);
  CHECK(content(files::with_header(header, data)).empty());
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape +
         "],\"data_offsets\":[" + offsets + "]}";
}

void crafted_containers() {
  refuses("", 0, "expected '{'");
  refuses(" {}", 0, "expected '{'");
  refuses("[]", 0, "expected '{'");
  refuses("{}", 0, "expected an entry 'filbert'");
  refuses("{} \n", 0, "expected the end, got byte value 10");
  refuses("{}{}", 0, "expected the end, got '{'");
  refuses("{}", 1, "expected 0 bytes, by the header, got 1");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "}", 4, "load_state_dict");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "}", 3, "expected data_offsets");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "}", 5, "expected 4 bytes, by the header, got 5");
  refuses("{" + tensor("a", "F32", "1", "4,8") + "}", 8, "data_offsets from 0");
  refuses("{" + tensor("a", "F32", "1", "4,0") + "}", 4, "expected data_offsets");
  refuses("{" + tensor("a", "F32", "2", "0,4") + "}", 4, "expected 8 bytes, by dtype and shape");
  refuses("{" + tensor("a", "I64", "1", "0,8") + "}", 8, "expected dtype F16, BF16, F32 or F64");
  refuses("{" + tensor("a", "F32", "4611686018427387905", "0,4") + "}", 4, "below 2^64");
  refuses("{" + tensor("a", "F32", "4294967296,4294967296", "0,0") + "}", 0, "below 2^64");
  refuses("{" + tensor("a", "F32", "-1", "0,4") + "}", 4, "expected an integer");
  refuses("{" + tensor("a", "F32", "1e0", "0,4") + "}", 4, "expected ',' or ']'");
  refuses("{" + tensor("a", "F32", "1", "0,4.0") + "}", 4, "expected ',' or ']'");
  refuses("{" + tensor("a", "F32", "1", "0") + "}", 4, "expected two data_offsets, got 1");
  refuses("{" + tensor("a", "F32", "1", "0,4,4") + "}", 4, "at most 2 elements");
  refuses("{" + tensor("a", "F32", "1,1,1,1,1,1,1,1,1", "0,4") + "}", 4, "at most 8 elements");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "," + tensor("b", "F32", "1", "0,4") + "}", 4,
          "tensor 'b': expected data_offsets from 4");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "," + tensor("b", "F32", "1", "8,12") + "}", 12,
          "tensor 'b': expected data_offsets from 4");
  refuses("{" + tensor("a", "F32", "1", "0,4") + "," + tensor("a", "F32", "1", "4,8") + "}", 8,
          "expected each name once");
  refuses("{" + tensor("a", "F32", "", "0,4") + "," + tensor("\\u0061", "F32", "", "4,8") + "}", 8,
          "expected each name once");
  refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "expected the key 'data_offsets'");
  refuses("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, "'dtype' twice");
  refuses("{\"a\":{\"dtype\":\"F32\",\"x\":1}}", 4, "expected one of the known keys, got 'x'");
  refuses("{\"a\":[[[[[[[[[[", 0, "expected an object, got '['");
  refuses("{\"__metadata__\":{\"a\":1}}", 0, "expected a string, got '1'");
  refuses("{\"__metadata__\":{\"a\":null}}", 0, "expected a string");
  refuses("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "'a' twice in the metadata");
  refuses("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "'__metadata__' twice");
  refuses("{\"__metadata__\":null}", 0, "expected an object");
  refuses("{\"" + std::string(257, 'n') + "\":", 0, "at most 256 bytes");
  Bytes huge = files::with_header("{}", 0);
  huge[7] = std::byte{0x80};
  CHECK_THROWS(FormatError, filbert::from_bytes(huge), "at most 1048576 bytes, got length");
  std::string many = "{";
  for (int i = 0; i < 2049; ++i) {
    many += (i > 0 ? "," : "") + tensor(std::to_string(i), "F32", "0", "0,0");
  }
  refuses(many + "}", 0, "at most 2048 tensors");
  refuses("{" + std::string((1 << 20) - 2, ' ') + "}", 0, "expected an entry 'filbert'");
  refuses("{" + std::string(1 << 20, ' ') + "}", 0, "at most 1048576 bytes");
}

/// A file of a description, no tensors and no right checksum.
void refuses_description(std::string json, const char* message) {
  for (std::size_t at = 0; (at = json.find('"', at)) != json.npos; at += 2) json.insert(at, "\\");
  refuses("{\"__metadata__\":{\"filbert\":\"" + json + "\",\"filbert.checksum\":\"\"}}", 0,
          message);
}

void crafted_descriptions() {
  const auto network = [](const std::string& dtype, const std::string& sizes,
                          const std::string& activations, const std::string& rest) {
    return R"({"format":1,"network":{"dtype":")" + dtype + R"(","sizes":[)" + sizes +
           R"(],"activations":[)" + activations + R"(],"seed":0,"epoch":0)" + rest + "}}";
  };
  refuses_description("", "expected an object, got the end");
  refuses_description("{}", "expected the key 'format'");
  refuses_description(R"({"format":2})", "expected format 1, got 2");
  refuses_description(R"({"format":"1"})", "expected an integer");
  refuses_description(R"({"format":1})", "expected a network, got none");
  refuses_description(R"({"format":1,"code":"import os"})", "one of the known keys, got 'code'");
  refuses_description(network("float16", "1,1", "\"relu\"", ""), "expected float32 or float64");
  refuses_description(network("float32", "1,1", "\"?\"", ""), "got '?'");
  refuses_description(network("float32", "1", "", ""), "expected activations, got none");
  refuses_description(network("float32", "", "\"relu\"", ""), "expected 2 sizes");
  refuses_description(network("float32", "1,2,3", "\"relu\"", ""), "expected 2 sizes");
  refuses_description(network("float32", "1,1", "\"relu\"", ",\"path\":\"/etc/passwd\""), "'path'");
  refuses_description(network("float32", "1,1", "\"relu\"", ""), "expected 2 tensors, got 0");
  std::string deep = "1", names = "\"relu\"";
  for (int i = 0; i < 1001; ++i) deep += ",1";
  refuses_description(network("float32", deep, names, ""), "at most 1001 elements");
}

/// A whole file of a network of two inputs and outputs with these fields, but for the checksum.
void refuses_fields(const std::string& fields, const char* message) {
  std::string json = R"({"format":1,"network":{"dtype":"float32","sizes":[2,2],)" + fields +
                     R"("activations":["softmax"],"seed":0,"epoch":0}})";
  for (std::size_t at = 0; (at = json.find_first_of("\"\\", at)) != json.npos; at += 2) {
    json.insert(at, "\\");
  }
  refuses("{\"__metadata__\":{\"filbert\":\"" + json + "\",\"filbert.checksum\":\"\"}," +
              tensor("layers.1.kernel", "F32", "2,2", "0,16") + "," +
              tensor("layers.1.bias", "F32", "2", "16,24") + "}",
          24, message);
}

void refuses_classes(const std::string& classes, const char* message) {
  refuses_fields("\"classes\":[" + classes + "],", message);
}

void crafted_classes() {
  refuses_classes(R"("a","b")", "checksum");  // the rest is as it should be
  refuses_classes("-7,3", "checksum");
  refuses_classes("", "checksum");
  refuses_classes(R"(1,"b")", "byte 71: expected strings only or integers only, got both");
  refuses_classes(R"("a",2)", "byte 71: expected strings only or integers only, got both");
  refuses_classes("3,-7", "checksum");
  refuses_classes(R"("b","a")", "checksum");
  refuses_classes("3,3", "classes: expected each label once, got '3' twice");
  refuses_classes(R"("b","b")", "classes: expected each label once, got 'b' twice");
  refuses_classes(R"("b","\u0000")", "classes: expected no NUL in a name");
  refuses_classes("1", "classes: expected 2, as many as the outputs tell apart, got 1");
  refuses_classes("1,2,3", "classes: expected 2, as many as the outputs tell apart, got 3");
  refuses_classes("9223372036854775808,1", "expected an integer from -2^63 to 2^63 - 1");
  refuses_classes("-9223372036854775809,1", "expected an integer from -2^63 to 2^63 - 1");
  refuses_classes("18446744073709551617,1", "below 2^64");
  refuses_classes("-0,1", "expected an integer, got -0");
  refuses_classes("01,2", "leading zero");
  refuses_classes("1.0,2", "expected ',' or ']', got '.'");
  refuses_classes("1,2e0", "expected ',' or ']', got 'e'");
  refuses_classes("- 1,2", "expected an integer, got ' '");
  refuses_classes("1,", "expected an integer, got ']'");
  refuses_classes("true,false", "expected an integer, got 't'");
  refuses_classes("[1],2", "expected an integer, got '['");
  std::string many = "0";
  for (int i = 1; i <= 10000; ++i) many += "," + std::to_string(i);
  refuses_classes(many, "at most 10000 elements");
}

void crafted_feature_names() {
  const auto refuses_names = [](const std::string& names, const char* message) {
    refuses_fields("\"feature_names\":[" + names + "],", message);
  };
  refuses_names(R"("a","b")", "checksum");  // the rest is as it should be
  refuses_names(R"("b","a")", "checksum");
  refuses_names(R"("a","a")", "checksum");  // frames may have that
  refuses_names("", "checksum");
  refuses_names(R"("a")", "feature_names: expected 2, one for each input, got 1");
  refuses_names(R"("a","b","c")", "feature_names: expected 2, one for each input, got 3");
  refuses_names(R"("a","\u0000")", "feature_names: expected no NUL in a name");
  refuses_names(R"("a","\ud800")", "expected a pair of surrogates, got half of one");
  refuses_names("1,2", "expected a string, got '1'");
  refuses_names(R"("a",null)", "expected a string, got 'n'");
  refuses_names(R"("a","b)", "expected");
  refuses_names(R"(["a","b"])", "expected a string, got '['");
  std::string many = R"("a")";
  for (int i = 1; i <= 25000; ++i) many += R"(,"a")";
  refuses_names(many, "at most 25000 elements");
  refuses_fields(R"("classes":["a","b"],"feature_names":[)" + many + "],",
                 "at most 24998 elements");
  refuses_fields(R"("feature_names":["a","b"],"feature_names":["a","b"],)",
                 "expected each key once, got 'feature_names' twice");
}

/// A description that is read, and once changed in one place is not.
void refuses_changed(std::string json, const std::string& from, const std::string& to,
                     const std::string& message) {
  const check::Case change(from, "->", to);
  filbert::parse_description(json);
  const std::size_t at = json.find(from);
  if (!CHECK(at != json.npos)) return;
  json.replace(at, from.size(), to);
  CHECK_THROWS(FormatError, filbert::parse_description(json), message);
}

/// The description of an optimizer, changed in one place.
void crafted_optimizers() {
  const auto description_of = [](filbert::Rule rule, std::vector<double> running) {
    return filbert::to_json({.optimizer = filbert::OptimizerDescription{
                                 .rule = rule,
                                 .steps = 7,
                                 .running = std::move(running),
                                 .state = filbert::StateDescription{filbert::DType::f64, 3}}});
  };
  const std::string sgd = description_of(filbert::Sgd{.momentum = 0.5}, {});
  const std::string adam = description_of(filbert::Adam{}, {0.5, 0.25});
  const std::string half = R"("0x1.0000000000000p-1")", quarter = R"("0x1.0000000000000p-2")";
  const std::string running = half + "," + quarter;
  refuses_changed(adam, R"("adam")", R"("adan")", "the name of a known rule, got 'adan'");
  refuses_changed(adam, R"("adam")", R"("sgd")", "every option, in order, got 'beta1'");
  refuses_changed(adam, R"("rule":"adam",)", "", "expected the rule first, got another key");
  refuses_changed(adam, "\"beta2\"", "\"beta3\"", "every option, in order, got 'beta3'");
  refuses_changed(sgd, R"("nesterov":false,)", "", "in order, got 'rate_in_velocity'");
  refuses_changed(sgd, R"(,"l2":"0x0.0p+0")", "", "expected 7 options, got 6");
  refuses_changed(sgd, R"("nesterov":false)", R"("nesterov":0)", "expected true or false");
  refuses_changed(adam, running, half, "expected 2 running products, got 1");
  refuses_changed(adam, running, running + "," + half, "at most 2 elements");
  refuses_changed(sgd, "[]", "[" + half + "]", "at most 0 elements");
  refuses_changed(adam, half, R"("0x1.0000000000000p+1")", "products in [0, 1]");
  refuses_changed(adam, half, R"("nan")", "products in [0, 1], got nan");
  refuses_changed(sgd, R"("momentum":)" + half, R"("momentum":"0x0.0p+0")",
                  "expected no state of a rule that keeps none, got one");
  refuses_changed(sgd, R"("float64")", R"("float16")", "expected float32 or float64");
  refuses_changed(sgd, R"(,"numbers":3)", "", "expected the key 'numbers', got none");
}

/// The description of a training, changed in one place.
void crafted_trainings() {
  filbert::Description description{.training = filbert::Training()};
  auto& all = *description.training;
  all.options = {.batch_size = 32, .loss = filbert::squared_error, .seed = 5};
  all.position = {.epoch = 0, .batch = 1, .cost = 0.5, .hits = 2.0, .weight = 4.0};
  all.rows = 9;
  all.best = std::make_shared<filbert::BestEpoch>();
  *all.best = {.seen = 3, .epoch = 2};
  const std::string training = filbert::to_json(description);
  refuses_changed(training, R"("epochs":1,)", "", "every option, in order, got 'batch_size'");
  refuses_changed(training, R"(,"seed":5)", "", "every option, in order, got 'dropout'");
  refuses_changed(training, R"(,"average":"0x0.0p+0")", "", "expected 20 options, got 19");
  refuses_changed(training, R"("l1":[])", R"("l1":"0x0.0p+0")", "expected an array");
  refuses_changed(training, R"("l1":[])", R"("l1":[1])", "expected a string");
  refuses_changed(training, R"("weight":"0x1.0000000000000p+2")",
                  R"("weight":"0x1.0000000000000p+2","trained":false)",
                  "expected true, or no such");
  refuses_changed(training, R"("seed":5)", R"("seed":-5)", "expected an integer");
  refuses_changed(training, R"("seed":5)", R"("seed":5,"rng":5)", "in order, got 'rng'");
  refuses_changed(training, R"("shuffle":true)", R"("shuffle":1)", "expected true or false");
  refuses_changed(training, R"("squared_error")", R"("cubed_error")", "got 'cubed_error'");
  refuses_changed(training, R"("0x1.0000000000000p+2")", "4", "expected a string");
  refuses_changed(training, R"("rows":9,)", "", "expected the key 'rows', got none");
  refuses_changed(training, R"("seen":3)", R"("seen":1)", "a best epoch that has been seen, got 2");
}

/// Sizes beyond any memory, with a header that agrees: known before anything is allocated.
void declared_sizes() {
  const std::string description =
      R"({\"format\":1,\"network\":{\"dtype\":\"float32\",\"sizes\":[1099511627776,1048576],)"
      R"(\"activations\":[\"relu\"],\"seed\":0,\"epoch\":0}})";
  const std::string metadata =
      "{\"__metadata__\":{\"filbert\":\"" + description + "\",\"filbert.checksum\":\"0\"},";
  refuses(metadata + tensor("layers.1.kernel", "F32", "1,1", "0,4") + "," +
              tensor("layers.1.bias", "F32", "1", "4,8") + "}",
          8, "'layers.1.kernel': expected F32 (1099511627776, 1048576), got F32 (1, 1)");
  refuses(metadata +
              tensor("layers.1.kernel", "F32", "1099511627776,1048576", "0,4611686018427387904") +
              "," + tensor("layers.1.bias", "F32", "1", "4,8") + "}",
          8, "expected data_offsets");
}

/// The largest header that is read needs the most memory: names, tensors and classes without end.
void memory_of_large_headers() {
  std::string header = "{";
  for (int i = 0; i < 2000; ++i) {
    header += tensor(std::to_string(i) + std::string(250, 'n'), "F32", "0", "0,0") + ",";
  }
  content(files::with_header(header + tensor("a", "F32", "0", "0,0") + "}", 0));
  const auto name = [](std::size_t length) { return "\\\"" + std::string(length, 'c') + "\\\""; };
  const auto repeated = [](const std::string& element, int times) {
    std::string list;
    for (int i = 0; i < times; ++i) list += (i > 0 ? "," : "") + element;
    return list;
  };
  std::string sizes = "1", tensors;
  for (int i = 1; i <= 1000; ++i) {
    sizes += ",1";
    const std::string l = std::to_string(i), at = std::to_string(8 * i - 8),
                      middle = std::to_string(8 * i - 4), end = std::to_string(8 * i);
    tensors += "," + tensor("layers." + l + ".kernel", "F32", "1,1", at + "," + middle) + "," +
               tensor("layers." + l + ".bias", "F32", "1", middle + "," + end);
  }
  const auto measure = [&](const std::string& classes, const std::string& feature_names) {
    const std::string metadata =
        R"({"__metadata__":{"filbert":"{\"format\":1,\"network\":{\"dtype\":\"float32\",\"classes\":[)" +
        classes + R"(],\"feature_names\":[)" + feature_names + R"(],\"sizes\":[)" + sizes +
        R"(],\"activations\":[)" + repeated("\\\"relu\\\"", 1000) +
        R"(],\"seed\":0,\"epoch\":0}}","filbert.checksum":""})";
    content(files::with_header(metadata + "}", 0));
    content(files::with_header(metadata + tensors + "}", 8000));
  };
  for (const std::string& label :
       {name(1), name(24), name(45), std::string("1"), std::string(19, '1')}) {
    const int many = label.size() <= name(1).size() ? 100000 : 10000;
    measure(repeated(label, many), "");
    measure(repeated(label, 10000), repeated(name(1), 100000));
  }
  for (const std::size_t length : {0, 1, 7, 11}) {
    for (const int classes : {0, 1, 10000}) {  // as many names as there may be, and one more
      for (const int more : {0, 1}) {
        measure(repeated(name(length), classes), repeated(name(length), 25000 - classes + more));
      }
    }
  }
  content(
      files::with_header("{\"__metadata__\":{\"a\":\"" + std::string(1 << 19, 'a') + "\"}}", 0));
}

}  // namespace

int main() {
  const std::vector<Bytes> samples = files::samples();
  truncated_and_longer(samples);
  every_bit_flipped(samples);
  every_byte_replaced(samples);
  crafted_containers();
  crafted_descriptions();
  crafted_classes();
  crafted_feature_names();
  crafted_optimizers();
  crafted_trainings();
  declared_sizes();
  memory_of_large_headers();
  return check::report();
}

// The value Normalisation: its names, and what a network may have.
#include "filbert/normalisation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "network/normalise.hpp"
#include "system/check.hpp"
#include "system/names.hpp"

namespace filbert {
namespace {

/// The name of a kind. One without a case here does not compile.
constexpr std::string_view name_of(NormalisationKind kind) {
  switch (kind) {
    case NormalisationKind::none:
      return "none";
    case NormalisationKind::standard:
      return "standard";
    case NormalisationKind::robust:
      return "robust";
    case NormalisationKind::quantiles:
      return "quantile";
  }
  return {};
}

constexpr std::array names_of_normalisations{
    name_of(NormalisationKind::none), name_of(NormalisationKind::standard),
    name_of(NormalisationKind::robust), name_of(NormalisationKind::quantiles)};

void require_count(const char* what, std::size_t expected, std::size_t got) {
  require(got == expected, "normalisation: expected ", expected, " numbers of ", what, ", got ",
          got);
}

void require_finite(const char* what, std::span<const double> numbers) {
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    require(std::isfinite(numbers[j]), "normalisation: expected finite numbers of ", what, ", got ",
            numbers[j], " at position ", j);
  }
}

}  // namespace

void require_normalisation(const Normalisation& by, std::size_t inputs, std::size_t outputs,
                           Activation output) {
  require(!name_of(by.kind).empty(), "normalisation: expected a kind, got number ",
          static_cast<int>(by.kind));
  const bool moves = by.kind == NormalisationKind::standard || by.kind == NormalisationKind::robust;
  require_count("centre", moves ? inputs : 0, by.centre.size());
  require_count("factor", moves ? inputs : 0, by.factor.size());
  require_finite("centre", by.centre);
  require_finite("factor", by.factor);
  for (std::size_t j = 0; j < by.factor.size(); ++j) {
    require(by.factor[j] >= 0.0, "normalisation: expected factors of at least 0, got ",
            by.factor[j], " at position ", j);
  }
  if (by.kind == NormalisationKind::quantiles) {
    const std::size_t each = by.quantiles.size() / inputs;
    require(each >= 1 && each <= max_quantiles && each * inputs == by.quantiles.size(),
            "normalisation: expected 1 to ", max_quantiles, " quantiles for each of ", inputs,
            " inputs, got ", by.quantiles.size());
    require_finite("quantiles", by.quantiles);
    for (std::size_t j = 0; j < inputs; ++j) {
      const std::span column = std::span(by.quantiles).subspan(j * each, each);
      require(std::ranges::is_sorted(column),
              "normalisation: expected quantiles that ascend, got others for input ", j);
    }
  } else {
    require_count("quantiles", 0, by.quantiles.size());
  }
  require(by.fill.empty() || by.fill.size() == inputs, "normalisation: expected ", inputs,
          " numbers of fill or none, got ", by.fill.size());
  require_finite("fill", by.fill);
  require(by.target_scale.size() == by.target_centre.size() &&
              (by.target_centre.empty() || by.target_centre.size() == outputs),
          "normalisation: expected target_centre and target_scale of ", outputs,
          " numbers each, or neither, got ", by.target_centre.size(), " and ",
          by.target_scale.size());
  require_finite("target_centre", by.target_centre);
  require_finite("target_scale", by.target_scale);
  for (std::size_t j = 0; j < by.target_scale.size(); ++j) {
    require(by.target_scale[j] > 0.0, "normalisation: expected a target_scale above 0, got ",
            by.target_scale[j], " at position ", j);
  }
  require(by.target_centre.empty() || output == identity,
          "normalisation: expected an identity output for the targets, got ", to_string(output));
}

std::string_view to_string(NormalisationKind kind) { return name_of(kind); }

NormalisationKind normalisation_from_string(std::string_view name) {
  return from_name<NormalisationKind>(name, names_of_normalisations, "normalize");
}

}  // namespace filbert

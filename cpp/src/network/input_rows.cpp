#include "network/input_rows.hpp"

namespace filbert {

template class InputRows<float>;
template class InputRows<double>;

}  // namespace filbert

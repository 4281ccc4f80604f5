# cmake -DINPUT=<openapi.yaml> -DOUTPUT=<file.cpp> -P embed_contract.cmake
# Writes the contract into a C++ source, so that the program needs no file at run time.
file(READ "${INPUT}" contract)
file(WRITE "${OUTPUT}.new" "// Written by api/embed_contract.cmake.
#include \"api/contract.hpp\"

namespace mosaic {

std::string_view contract_yaml() {
  static constexpr std::string_view text = R\"mosaic_yaml(${contract})mosaic_yaml\";
  return text;
}

}  // namespace mosaic
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")

// Where this checkout and its build are, for tests that read fixtures or run built programs. Thread-safe.
#pragma once

#include <string>

namespace mosaic::test {

std::string source_folder();
std::string build_folder();

}  // namespace mosaic::test

// Database, schema, key and engine, as the running fleet will find them. Changes nothing in either.
//
// Used from one thread. Never throws for what it is there to find.
#pragma once

#include <vector>

#include "cli/doctor/finding.hpp"
#include "cli/settings.hpp"

namespace mosaic::cli {

// `instance` and `image` get the database's id and the fleet's image when they can be read.
std::vector<Finding> check_database_and_key(const Settings& settings, std::string& instance,
                                            std::string& image);

// `image`: what agents run.
std::vector<Finding> check_engine(const Settings& settings, const std::string& instance,
                                  const std::string& image);

}  // namespace mosaic::cli

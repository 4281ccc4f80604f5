// What the environment of this installation fixes: shown as fixed, and refused when somebody tries to change it.
//
// A plain value.
#pragma once

#include <string>

namespace mosaic {

struct FixedSettings {
  std::string agent_image;  // --agent-image; empty: the database says
};

}  // namespace mosaic
